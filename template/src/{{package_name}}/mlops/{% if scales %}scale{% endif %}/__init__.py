"""Many workers on partitioned data of any size: the functions of one machine, over pieces, scheduled by Ray.

`python -m <package>.mlops.scale ingest | validate | features | score | sample`, each on a folder of Parquet. A piece is
read, worked on and written by one worker; what is written lies beside until it is whole, so a worker that dies is
replaced.
"""
