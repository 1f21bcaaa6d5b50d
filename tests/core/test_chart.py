"""The Helm chart: linted and rendered by helm, each object checked by Kubernetes' own schema, and held to the project."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

PROJECT = Path(__file__).resolve().parents[2]
CHART = PROJECT / "deploy/helm/emsp"
TOOLS = PROJECT / ".chart"
SCHEMAS = TOOLS / "packages/kubernetes_validate/kubernetes-json-schema"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
EXAMPLE = (PROJECT / ".env.example").read_text()
# helm's and Kubernetes' versions are free of each other; the oldest and the newest that the chart is for
KUBERNETES = ("1.27.0", "1.34.0", "1.37.0")
VARIANTS = {
    "plain": (),
    "keda": ("keda.enabled=true",),
    "ingress": ("web.ingress.enabled=true", "web.ingress.tlsSecret=cert", "web.ingress.className=nginx"),
    "small": ("web.autoscaling.enabled=false", "networkPolicy.enabled=false", "podAnnotations.team=charging",
              "imagePullSecrets[0].name=pull", "networkPolicy.from[0].podSelector.matchLabels.app=proxy"),
}  # fmt: skip


def helm(*arguments):
    program = shutil.which("helm") or TOOLS / "helm"
    if not os.access(program, os.X_OK):
        pytest.skip("no helm here: deploy/chart-tools .chart brings it")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def rendered(*settings):
    done = helm("template", "prod", str(CHART), *(word for setting in settings for word in ("--set", setting)))
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def named(objects, kind):
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def pods(objects):
    """Name: spec of the pod, of everything that has one."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in objects
        if each["kind"] in ("Deployment", "Job")
    }


def schema_of(each, version):
    group, _, api = each["apiVersion"].rpartition("/")
    name = "-".join(filter(None, [each["kind"].lower(), group.partition(".")[0], api])) + ".json"
    return SCHEMAS / f"v{version}-local-strict" / name


def problems(each, version):
    file = schema_of(each, version)

    def found(address):
        content = json.loads((file.parent / address.rpartition("/")[2]).read_text())
        return Resource(contents=content, specification=DRAFT4)

    validator = Draft4Validator(json.loads(file.read_text()), registry=Registry(retrieve=found))
    return [f"{each['kind']} {error.json_path}: {error.message}" for error in validator.iter_errors(each)]


def test_helm_finds_nothing_to_say():
    done = helm("lint", "--strict", str(CHART))

    assert done.returncode == 0, done.stdout
    assert "0 chart(s) failed" in done.stdout


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_object_fits_the_schema_of_kubernetes(variant, version):
    objects = rendered(*VARIANTS[variant])
    if not SCHEMAS.is_dir():
        pytest.skip("no schemas here: deploy/chart-tools .chart brings them")

    ours = [each for each in objects if not each["apiVersion"].startswith("keda.sh/")]
    assert len(ours) > 8
    assert [problem for each in ours for problem in problems(each, version)] == []


def test_the_check_by_schema_sees_a_wrong_field():
    (beat,) = [each for each in rendered() if each["metadata"]["name"] == "prod-emsp-beat"]
    if not SCHEMAS.is_dir():
        pytest.skip("no schemas here: deploy/chart-tools .chart brings them")
    beat["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Never"

    assert len(problems(beat, KUBERNETES[1])) == 1


def test_every_queue_has_a_pool_that_listens_to_it():
    used = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {"default"}
    commands = {name: spec["containers"][0]["command"] for name, spec in pods(rendered()).items() if "worker" in name}
    told = sorted(queue for words in commands.values() for queue in words[words.index("-Q") + 1].split(","))

    assert told == sorted(used)
    for name, words in commands.items():
        service = COMPOSE["services"][name.removeprefix("prod-emsp-")]
        assert words == service["command"], name


def test_web_and_beat_run_as_in_the_image_and_the_containers():
    specs = pods(rendered())
    image = (PROJECT / "Dockerfile").read_text()
    command = json.loads("[" + re.search(r"^CMD \[(.*?)\]", image, re.MULTILINE | re.DOTALL)[1].replace("\\\n", "") + "]")

    assert specs["prod-emsp-web"]["containers"][0]["command"] == command
    assert specs["prod-emsp-beat"]["containers"][0]["command"] == COMPOSE["services"]["beat"]["command"]
    assert specs["prod-emsp-migrate"]["containers"][0]["command"] == COMPOSE["services"]["migrate"]["command"]


def test_beat_is_one_and_the_migration_comes_first():
    objects = rendered()
    beat = named(objects, "Deployment")["prod-emsp-beat"]["spec"]
    job = named(objects, "Job")["prod-emsp-migrate"]

    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    spec = job["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "default"  # the release's is not there yet, nor is its ConfigMap
    assert [list(source) for source in spec["containers"][0]["envFrom"]] == [["secretRef"]]


def test_no_pod_is_root_or_writes_to_its_image():
    specs = pods(rendered())

    assert len(specs) == 6
    for name, spec in specs.items():
        (container,) = spec["containers"]
        assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, 10001), name
        assert spec["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]


@pytest.mark.django_db
def test_probes_ask_pages_that_exist(client):
    container = pods(rendered())["prod-emsp-web"]["containers"][0]
    asked = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}

    assert asked == {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/serving"}
    assert {client.get(path).status_code for path in asked.values()} == {200}


@pytest.mark.django_db
def test_workers_grow_by_figures_that_metrics_tells(client):
    told = client.get("/metrics").content.decode()
    objects = rendered("keda.enabled=true")
    queries = {
        name: scaled["spec"]["triggers"][0]["metadata"]["query"] for name, scaled in named(objects, "ScaledObject").items()
    }

    assert set(queries) == {"prod-emsp-worker-beckn", "prod-emsp-worker-ocpi"}
    for query in queries.values():
        assert re.fullmatch(r"max\((.*)\)", query)[1] + " " in told
    assert set(named(objects, "HorizontalPodAutoscaler")) == {"prod-emsp-web"}
    assert set(named(rendered(), "HorizontalPodAutoscaler")) == {"prod-emsp-web", *queries}


def test_settings_of_the_chart_exist_and_none_is_a_secret():
    explained = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))

    told = named(rendered("databasePooled=true"), "ConfigMap")["prod-emsp"]["data"]
    assert set(told) == {*VALUES["settings"], "DATABASE_POOLED"} <= explained
    assert told["DATABASE_POOLED"] == "true"


@pytest.mark.parametrize(
    "wrong",
    ["settings.SECRET_KEY=s", "existingSecret=", "web.replica=3", "workers.beckn.queues[0]=beckon", "settings.lower=x"],
)
def test_wrong_values_are_refused(wrong):
    done = helm("template", "prod", str(CHART), "--set", wrong)

    assert done.returncode == 1
    assert "don't meet the specifications of the schema" in done.stderr
