"""A cluster of two machines with one worker each, as processes of this one: prints where it is, ends with its input.

Run with the Python of a project that has Ray: `python two_machines.py`.
"""

import json
import os
import sys

from ray.cluster_utils import Cluster

if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    machines = [cluster.add_node(num_cpus=1) for _ in range(2)]
    agents = [process.process.pid for machine in machines for process in machine.all_processes["raylet"]]
    sys.stdout.write(json.dumps({"address": cluster.address, "agents": agents}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    cluster.shutdown()
