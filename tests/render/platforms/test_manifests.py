"""The manifests: valid for current versions of Kubernetes, hardened, deployable by a delivered digest only."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.platforms.canary_analysis import resolved, seconds
from support.platforms.kustomize_overlays import Manifest, blue_green, built, manifests, named

pytestmark = pytest.mark.capability("manifests for Kubernetes", kind="static")
ENVIRONMENTS = ("staging", "production")
VERSIONS = ("1.34", "1.35", "1.36", "1.37")
OVERLAYS = "deploy/k8s/overlays"
NOTHING, DIGEST = "0" * 64, "0123456789abcdef" * 4
# Kinds that Kubernetes itself does not have, so that no schema comes with it: checked by hand below.
FOREIGN = {"AnalysisTemplate", "AppProject", "Application", "ClusterImagePolicy", "HTTPRoute", "PodMonitor", "Rollout"}
Edit = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def rendered(files_of: Callable[..., Path]) -> Path:
    """An advanced project, only rendered."""
    return files_of(maturity="advanced")


@pytest.fixture
def copy(rendered: Path, tmp_path: Path) -> Path:
    """A copy of what it has for Kubernetes, to be changed at will."""
    shutil.copytree(rendered / "deploy/k8s", tmp_path / "deploy/k8s")
    shutil.copytree(rendered / "src", tmp_path / "src")
    return tmp_path


@pytest.fixture
def edit(copy: Path) -> Edit:
    """Replaces a text in a file of that copy; it must be there."""

    def replace(name: str, old: str, new: str) -> None:
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (copy / name).write_text(text.replace(old, new), encoding="utf-8")

    return replace


def as_deployment(manifest: Manifest) -> Manifest:
    """Returns a Rollout as the Deployment that it stands for, so that tools know its pods; others as they are."""
    if manifest["kind"] != "Rollout":
        return manifest
    own = {"strategy", "progressDeadlineAbort", "rollbackWindow"}
    spec = {name: value for name, value in manifest["spec"].items() if name not in own}
    return {**manifest, "apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}


@pytest.fixture(scope="module")
def everything(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that is deployed, a file for each overlay: Rollouts as Deployments, without foreign kinds."""
    folder = tmp_path_factory.mktemp("everything")
    found = {name: manifests(rendered / OVERLAYS / name) for name in ENVIRONMENTS}
    found["cluster"] = manifests(rendered / "deploy/k8s/cluster")
    found["blue-green"] = blue_green(rendered, "production", tmp_path_factory.mktemp("blue-green"))
    for name, each in found.items():
        plain = [manifest for manifest in map(as_deployment, each) if manifest["kind"] not in FOREIGN]
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(plain), encoding="utf-8")
    return folder


def tool(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a tool in an environment of its own: what these need would not go together with ours."""
    return subprocess.run(["uvx", *command], capture_output=True, text=True, check=False)  # noqa: S603, S607


# -- what other tools say ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_of_kubernetes_is_kept(version: str, everything: Path) -> None:
    files = sorted(everything.glob("*.yaml"))
    assert len(files) == 4
    done = tool("kubernetes-validate==1.37.0", "--strict", "-k", version, *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelt_field_breaks_the_schema(everything: Path, tmp_path: Path) -> None:
    text = (everything / "staging.yaml").read_text(encoding="utf-8")
    assert "runAsNonRoot" in text
    (tmp_path / "wrong.yaml").write_text(text.replace("runAsNonRoot", "runAsNonroot"), encoding="utf-8")
    done = tool("kubernetes-validate==1.37.0", "--strict", tmp_path / "wrong.yaml")
    assert done.returncode == 1
    assert "runAsNonroot" in done.stdout + done.stderr


@pytest.mark.e2e
def test_checkov_finds_nothing_but_what_was_put_there(everything: Path, tmp_path: Path) -> None:
    shutil.copytree(everything, tmp_path / "all")
    text = (everything / "staging.yaml").read_text(encoding="utf-8")
    assert "readOnlyRootFilesystem: true" in text
    weak = text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    (tmp_path / "all/weak.yaml").write_text(weak, encoding="utf-8")
    command = ["checkov", "--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json"]
    done = tool("--from", "checkov==3.3.30", *command, "--directory", tmp_path / "all")
    found = json.loads(done.stdout)
    assert found["summary"]["passed"] > 200
    failed = {(check["file_path"], check["check_id"]) for check in found["results"]["failed_checks"]}
    assert failed == {("/weak.yaml", "CKV_K8S_22")}


# -- what Argo needs --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_canary_names_what_is_there(environment: str, rendered: Path) -> None:
    found = manifests(rendered / OVERLAYS / environment)
    rollout = named(found, "Rollout", "service")
    namespace, spec = rollout["metadata"]["namespace"], rollout["spec"]
    assert namespace == f"churn-model-{environment}"
    assert {manifest["metadata"]["namespace"] for manifest in found} == {namespace}
    assert "replicas" not in spec
    (strategy,) = spec["strategy"].values()
    stable, canary = (named(found, "Service", strategy[name]) for name in ("stableService", "canaryService"))
    assert stable["spec"] == canary["spec"]
    assert stable["spec"]["selector"] == spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    route = strategy["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"]
    assert route["namespace"] == namespace
    (rule,) = named(found, "HTTPRoute", route["httpRoute"])["spec"]["rules"]
    weights = {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}
    assert weights == {strategy["stableService"]: 100, strategy["canaryService"]: 0}
    paths = {match["path"]["value"] for match in rule["matches"]}
    assert not paths & {"/", "/metrics", "/model/reload"}
    target = named(found, "HorizontalPodAutoscaler", "service")["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "service"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_steps_of_the_canary_leave_time_for_its_analysis(environment: str, rendered: Path) -> None:
    found = manifests(rendered / OVERLAYS / environment)
    canary = named(found, "Rollout", "service")["spec"]["strategy"]["canary"]
    analysis, steps = canary["analysis"], canary["steps"]
    weights = [step["setWeight"] for step in steps if "setWeight" in step]
    assert weights == sorted(set(weights))
    assert 0 < weights[0] <= 5
    assert weights[-1] <= 50
    assert [set(step) for step in steps] == [{"setWeight"}, {"pause"}] * len(weights)
    assert "setWeight" in steps[analysis["startingStep"] - 1]
    templates = [named(found, "AnalysisTemplate", each["templateName"]) for each in analysis["templates"]]
    hashes = {"Latest": "new", "Stable": "old"}
    given = {
        argument["name"]: argument.get("value") or hashes[argument["valueFrom"]["podTemplateHashValue"]]
        for argument in analysis["args"]
    }
    declared = {argument["name"] for template in templates for argument in template["spec"]["args"]}
    assert set(given) <= declared
    # Of each template by itself: Argo refuses a rollout that leaves one open, though the other may have a value for it.
    for template in templates:
        open_ = {argument["name"] for argument in template["spec"]["args"] if "value" not in argument}
        assert open_ <= set(given), template["metadata"]["name"]
    for metric in resolved(templates, given):
        fails_after = seconds(metric["initialDelay"]) + metric["failureLimit"] * seconds(metric["interval"])
        pauses = [seconds(step["pause"]["duration"]) for step in steps if "pause" in step]
        assert fails_after < min(pauses), metric["name"]
        query = metric["provider"]["prometheus"]["query"]
        assert f'namespace="churn-model-{environment}"' in query
        assert "count" not in metric  # it ends with the rollout, not before
        assert query.count("{") == query.count(given["namespace"]) == query.count("[5m]")


def test_an_argument_without_or_with_two_values_is_noticed(rendered: Path) -> None:
    found = manifests(rendered / OVERLAYS / "staging")
    health, champion = (named(found, "AnalysisTemplate", name) for name in ("health", "champion"))
    with pytest.raises(ValueError, match="canary"):
        resolved([health], {"namespace": "n"})
    twice: Manifest = json.loads(json.dumps(champion))
    least = next(argument for argument in twice["spec"]["args"] if argument["name"] == "least")
    assert least["value"] == "20"  # the patch of staging reaches both
    least["value"] = "7"
    with pytest.raises(ValueError, match="least has two values"):
        resolved([health, twice], {"namespace": "n", "canary": "c", "stable": "s"})


def test_blue_green_is_one_line(rendered: Path, tmp_path: Path) -> None:
    found = blue_green(rendered, "production", tmp_path)
    (name,) = (strategy := named(found, "Rollout", "service")["spec"]["strategy"])
    assert name == "blueGreen"
    services = [named(found, "Service", strategy[name][role]) for role in ("activeService", "previewService")]
    assert services[0]["metadata"]["name"] == "service"
    analysis = strategy[name]["postPromotionAnalysis"]
    templates = [named(found, "AnalysisTemplate", each["templateName"]) for each in analysis["templates"]]
    given = {argument["name"]: argument.get("value", "new") for argument in analysis["args"]}
    assert given["namespace"] == "churn-model-production"
    metrics = resolved(templates, given)
    assert {metric["name"] for metric in metrics} == {"error-rate", "latency-p99"}
    # Argo refuses an analysis without end here, and counts that are below a limit.
    assert all(each["count"] >= max(each["failureLimit"], each["inconclusiveLimit"]) for each in metrics)
    longest = max(seconds(each["initialDelay"]) + each["count"] * seconds(each["interval"]) for each in metrics)
    assert longest < strategy[name]["scaleDownDelaySeconds"]


def test_metrics_come_under_the_labels_that_alerts_and_analysis_ask(rendered: Path) -> None:
    found = manifests(rendered / OVERLAYS / "production")
    template = named(found, "Rollout", "service")["spec"]["template"]
    monitor = named(found, "PodMonitor", "service")["spec"]
    assert monitor["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    alerts = (rendered / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8")
    assert f'up{{job="{template["metadata"]["labels"][monitor["jobLabel"]]}"}}' in alerts
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert endpoint["port"] in {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    # Each window has to hold several measurements, else a rate has nothing to compare.
    assert seconds(endpoint["interval"]) * 4 <= seconds("5m")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_argo_cd_may_deploy_exactly_what_there_is(environment: str, rendered: Path) -> None:
    argocd = manifests(rendered / "deploy/k8s/argocd")
    project = named(argocd, "AppProject", "churn-model")["spec"]
    application = named(argocd, "Application", f"churn-model-{environment}")["spec"]
    assert application["project"] == "churn-model"
    assert application["source"]["repoURL"] in project["sourceRepos"]
    overlay = rendered / application["source"]["path"]
    found = manifests(overlay)
    groups = {
        (manifest["apiVersion"].rpartition("/")[0], manifest["kind"], manifest["metadata"]["namespace"])
        for manifest in found
    }
    listed = {(each["group"], each["kind"], application["destination"]["namespace"]) for each in allowed(project)}
    claim = ("", "PersistentVolumeClaim", application["destination"]["namespace"])  # of the shared volume
    assert groups | {claim} == listed
    assert application["destination"] in project["destinations"]
    assert project["clusterResourceWhitelist"] == []
    left_alone = {each["kind"] for each in application["ignoreDifferences"]}
    assert left_alone == {"HTTPRoute", "Rollout"}
    assert "RespectIgnoreDifferences=true" in application["syncPolicy"]["syncOptions"]


def allowed(project: Manifest) -> list[dict[str, str]]:
    """The kinds that a project of Argo CD may deploy."""
    kinds: list[dict[str, str]] = project["namespaceResourceWhitelist"]
    return kinds


def test_only_the_platform_team_syncs_production(rendered: Path) -> None:
    project = named(manifests(rendered / "deploy/k8s/argocd"), "AppProject", "churn-model")["spec"]
    granted: dict[str, set[tuple[str, str]]] = {}
    for role in project["roles"]:
        for policy in role["policies"]:
            _, subject, _, action, target, effect = policy.split(", ")
            assert (subject, effect) == (f"proj:churn-model:{role['name']}", "allow")
            granted.setdefault(role["name"], set()).add((action, target))
    assert {action for action, _ in granted["viewer"]} == {"get"}
    assert ("sync", "churn-model/churn-model-staging") in granted["engineer"]
    syncing = {name for name, rights in granted.items() if ("sync", "churn-model/*") in rights}
    assert syncing == {"platform"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_features_from_redis_are_a_line(environment: str, rendered: Path, copy: Path, edit: Edit) -> None:
    overlay = f"{OVERLAYS}/{environment}"
    edit(f"{overlay}/kustomization.yaml", "  # - ../../feature-store", "  - ../../feature-store")
    found, before = manifests(copy / overlay), manifests(rendered / overlay)
    policy, rollout = named(found, "NetworkPolicy", "feature-store"), named(found, "Rollout", "service")
    assert policy["metadata"]["namespace"] == rollout["metadata"]["namespace"]
    assert policy["spec"]["podSelector"] == rollout["spec"]["selector"]
    reached = {
        (port["protocol"], port["port"], to["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"])
        for rule in policy["spec"]["egress"]
        for port in rule["ports"]
        for to in rule["to"]
    }
    assert reached == {("UDP", 53, "kube-system"), ("TCP", 53, "kube-system"), ("TCP", 6379, "redis")}
    added = rollout["spec"]["template"]["spec"]["containers"][0]["env"].pop()
    secret = {"secretKeyRef": {"name": "feature-store", "key": "redis"}}
    assert added == {"name": "FEATURE_STORE_REDIS", "valueFrom": secret}
    assert [each for each in found if each != policy] == before
    (copy / "all.yaml").write_text(yaml.safe_dump_all([as_deployment(rollout), policy]), encoding="utf-8")
    done = tool("kubernetes-validate==1.37.0", "--strict", "-k", VERSIONS[-1], copy / "all.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_shared_volume_is_two_lines(rendered: Path, copy: Path, edit: Edit) -> None:
    overlay = f"{OVERLAYS}/production"
    assert not [each for each in manifests(rendered / overlay) if each["kind"] == "PersistentVolumeClaim"]
    edit("deploy/k8s/base/kustomization.yaml", "  # - predictions.yaml #", "  - predictions.yaml #")
    edit(f"{overlay}/kustomization.yaml", "  - predictions # or ../../shared-volume", "  - ../../shared-volume")
    found = manifests(copy / overlay)
    claim, rollout = named(found, "PersistentVolumeClaim", "predictions"), named(found, "Rollout", "service")
    assert claim["metadata"]["namespace"] == rollout["metadata"]["namespace"]
    volume = {"name": "predictions", "persistentVolumeClaim": {"claimName": "predictions"}}
    assert rollout["spec"]["template"]["spec"]["volumes"][1] == volume


# -- what the service may do ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_service_reaches_nothing_and_few_reach_it(environment: str, rendered: Path) -> None:
    found = manifests(rendered / OVERLAYS / environment)
    denied = named(found, "NetworkPolicy", "default-deny")["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = named(found, "NetworkPolicy", "service")["spec"]["ingress"]
    sources = [each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in rule["from"]]
    parent = named(found, "HTTPRoute", "service")["spec"]["parentRefs"][0]["namespace"]
    assert sources == [parent, "monitoring"]
    assert not [policy for policy in found if policy["kind"] == "NetworkPolicy" and policy["spec"].get("egress")]
    assert named(found, "ServiceAccount", "service")["automountServiceAccountToken"] is False
    assert not {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Secret"} & {each["kind"] for each in found}


def test_the_pod_keeps_the_restricted_standard(rendered: Path) -> None:
    pod = named(manifests(rendered / OVERLAYS / "production"), "Rollout", "service")["spec"]["template"]["spec"]
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers", "ephemeralContainers"} & set(pod)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    hardened = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert container["securityContext"] == hardened
    assert not [port for port in container["ports"] if "hostPort" in port]
    assert {next(kind for kind in volume if kind != "name") for volume in pod["volumes"]} == {
        "secret",
        "emptyDir",
    }


def test_the_pod_is_told_what_the_service_reads(rendered: Path) -> None:
    template = named(manifests(rendered / OVERLAYS / "staging"), "Rollout", "service")["spec"]["template"]["spec"]
    (container,) = template["containers"]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    told = {variable["name"]: variable.get("value") for variable in container["env"]}
    read = "".join(
        path.read_text(encoding="utf-8") for path in (rendered / "src/churn_model/mlops/serving").rglob("*.py")
    )
    assert all(f'"{name}"' in read for name in told if name.startswith("SERVE_"))
    assert told["SERVE_API_KEYS_FILE"].startswith(mounted["api-keys"])
    assert told["SERVE_PREDICTION_LOG"].startswith(mounted["predictions"])
    recipe = (rendered / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert f"USER {template['securityContext']['runAsUser']}:" in recipe
    assert f"EXPOSE {container['ports'][0]['containerPort']}\n" in recipe
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert f'"{container[probe]["httpGet"]["path"]}"' in read
    # Draining, 30 s for what is in flight, and a rest for the prediction log.
    assert template["terminationGracePeriodSeconds"] >= int(container["args"][1]) + 30 + 10


# -- what may be deployed ---------------------------------------------------------------------------------------------
def told(project: Path, environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the module behind `make manifests`, which needs nothing but PyYAML."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "churn_model.mlops.delivery.manifests", environment],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_delivered_digest_is_shown(copy: Path, edit: Edit) -> None:
    edit(f"{OVERLAYS}/staging/image/kustomization.yaml", NOTHING, DIGEST)
    done = told(copy, "staging")
    assert (done.returncode, done.stdout) == (0, built(copy / OVERLAYS / "staging")), done.stderr
    assert f"image: ghcr.io/example-org/churn-model@sha256:{DIGEST}\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("image/kustomization.yaml", NOTHING, NOTHING, "refused: nothing was delivered to production yet"),
        ("image/kustomization.yaml", f"digest: sha256:{NOTHING}", 'newTag: "7"', "churn-model:7 without a digest"),
        ("kustomization.yaml", "  - image\n", "", "names the image service without a digest"),
        ("image/kustomization.yaml", f"sha256:{NOTHING}", "sha256:12", "@sha256:12 without a digest"),
        ("kustomization.yaml", "  - namespace\n", "  - nowhere\n", "production can't be built"),
    ],
)
def test_what_was_not_delivered_is_refused(
    name: str, old: str, new: str, sentence: str, copy: Path, edit: Edit
) -> None:
    assert built(copy / OVERLAYS / "staging")  # skips where there is no kubectl
    edit(f"{OVERLAYS}/production/{name}", old, new)
    done = told(copy, "production")
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr


PATCH = """patches:
  - target: {{kind: Rollout}}
    patch: |
      - op: {op}
        path: /spec/template/spec/{path}
        value: {value}
"""
OTHER = "ghcr.io/example-org/churn-model@sha256:" + "f" * 64


@pytest.mark.parametrize(
    ("op", "path", "value"),
    [
        ("replace", "containers/0/image", OTHER),
        ("add", "containers/-", f"{{name: beside, image: '{OTHER}'}}"),
        ("add", "initContainers", f"[{{name: before, image: '{OTHER}'}}]"),
    ],
)
def test_an_image_beside_the_one_that_was_delivered_is_refused(
    op: str, path: str, value: str, copy: Path, edit: Edit
) -> None:
    """The file that delivery writes stays as it is: only the built manifests show what production would run."""
    edit(f"{OVERLAYS}/production/image/kustomization.yaml", NOTHING, DIGEST)
    edit(f"{OVERLAYS}/production/kustomization.yaml", "patches:\n", PATCH.format(op=op, path=path, value=value))
    assert OTHER in built(copy / OVERLAYS / "production")
    done = told(copy, "production")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"production would run {OTHER}; delivered was ghcr.io/example-org/churn-model@sha256:{DIGEST}" in done.stderr


CEL = """
import json, sys, celpy
from celpy.adapter import json_to_cel
expression, pods = json.load(sys.stdin)
program = celpy.Environment().program(celpy.Environment().compile(expression))
print(json.dumps([bool(program.evaluate({"object": json_to_cel(pod)})) for pod in pods]))
"""


def test_the_cluster_refuses_tags(rendered: Path) -> None:
    found = manifests(rendered / "deploy/k8s/cluster")
    (rule,) = named(found, "ValidatingAdmissionPolicy", "digests-only")["spec"]["validations"]
    good, bad = {"image": f"ghcr.io/o/p@sha256:{DIGEST}"}, {"image": "ghcr.io/o/p:7"}
    specs: list[dict[str, Any]] = [
        {"containers": [good]},
        {"containers": [good, good], "initContainers": [good]},
        {"containers": [bad]},
        {"containers": [good, bad]},
        {"containers": [good], "initContainers": [bad]},
        {"containers": [{"image": f"{good['image']}0"}]},
    ]
    asked = json.dumps([rule["expression"], [{"spec": spec} for spec in specs]])
    command = ["uv", "run", "--isolated", "--no-project", "--with", "cel-python==0.5.0", "python", "-c", CEL]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, True, False, False, False, False]
    labels = named(found, "ValidatingAdmissionPolicyBinding", "digests-only")["spec"]["matchResources"]
    for environment in ENVIRONMENTS:
        namespace = named(found, "Namespace", f"churn-model-{environment}")["metadata"]["labels"]
        assert labels["namespaceSelector"]["matchLabels"].items() <= namespace.items()
        assert namespace["policy.sigstore.dev/include"] == "true"
        assert namespace["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_cluster_wants_the_signature_of_this_repositorys_delivery(rendered: Path) -> None:
    policy = named(manifests(rendered / "deploy/k8s/cluster"), "ClusterImagePolicy", "churn-model")["spec"]
    (pattern,), (authority,) = policy["images"], policy["authorities"]
    # As the policy controller translates it: `*` is anything but a slash, and the whole name must match.
    matching = re.compile(re.escape(pattern["glob"]).replace(r"\*", "[^/]*"))
    rollout = named(manifests(rendered / OVERLAYS / "production"), "Rollout", "service")
    assert matching.fullmatch(rollout["spec"]["template"]["spec"]["containers"][0]["image"])
    assert not matching.fullmatch(f"ghcr.io/example-org/other@sha256:{DIGEST}")
    assert policy["mode"] == "enforce"
    (identity,) = authority["keyless"]["identities"]
    assert set(identity) == {"issuer", "subject"}  # none by a pattern
    assert identity["subject"].startswith("https://github.com/example-org/churn-model/.github/workflows/")


@pytest.mark.parametrize("name", ["a", "a" * 49 + "-" + "b" * 10])
def test_short_and_long_names_are_names_of_namespaces(name: str, files_of: Callable[..., Path]) -> None:
    project = files_of(project_name=name, maturity="advanced", github_owner="Example-Org")
    for environment in ENVIRONMENTS:
        rollout = named(manifests(project / OVERLAYS / environment), "Rollout", "service")
        assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", rollout["metadata"]["namespace"])
        assert len(rollout["metadata"]["namespace"]) <= 63
        image = rollout["spec"]["template"]["spec"]["containers"][0]["image"]
        assert image.startswith(f"ghcr.io/example-org/{name}@sha256:")
