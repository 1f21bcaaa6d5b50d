"""What is written down beside the code: .env.example and docker-compose.yml say what the settings and tasks need."""

import hashlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from emsp.demo import programs
from emsp.demo.dotenv import filled
from emsp.demo.errors import DemoError
from emsp.demo.keys import new_keys
from emsp.demo.ports import Ports
from emsp.demo.world import World

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = (PROJECT / ".env.example").read_text()
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
JOBS = {"migrate", "bap-database", "bap-migrate", "connect"}


def queues_of(names):
    return sorted(queue for text in names for queue in text.split(","))


def test_every_setting_is_explained():
    sources = (PROJECT / "emsp/settings").glob("*.py")
    read = {name for file in sources for name in re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", file.read_text())}
    explained = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))

    assert len(read) > 30
    assert read - explained == set()


def test_the_example_holds_no_secret_and_a_filled_one_holds_all():
    example = EXAMPLE.splitlines(keepends=True)
    open_names = {line.removesuffix("=\n") for line in example if re.fullmatch(r"[A-Z_]+=\n", line)}
    assert {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "POSTGRES_PASSWORD"} < open_names
    assert {"BECKN_SIGNING_PRIVATE_KEY", "BAP_SIGNING_PRIVATE_KEY", "SIMULATOR_TOKEN_A"} < open_names

    one, two = ("".join(filled(example)) for _ in range(2))

    values = [
        dict(line.split("=", 1) for line in text.splitlines() if re.match("[A-Z]", line))
        for text in (one, two)
    ]
    assert all(values[0].values())
    assert {name for name in values[0] if values[0][name] != values[1][name]} == open_names


def test_a_name_without_a_known_value_is_told():
    with pytest.raises(DemoError, match="^no value known for NEW_NAME$"):
        list(filled(io.StringIO("NEW_NAME=\n")))


def test_every_queue_has_one_worker_in_the_demo_and_in_containers():
    used = sorted({route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {"default"})
    commands = [
        service["command"] for name, service in COMPOSE["services"].items() if name.startswith("worker-")
    ]

    assert queues_of(queues for queues, _ in programs.WORKERS.values()) == used
    assert queues_of(command[command.index("-Q") + 1] for command in commands) == used


def test_every_container_that_stays_has_a_health_check():
    lasting = {name: service for name, service in COMPOSE["services"].items() if name not in JOBS}

    assert [name for name, service in lasting.items() if "healthcheck" not in service] == []
    for name in ("web", "worker-beckn", "worker-ocpi", "worker-pulls", "beat"):
        assert lasting[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_sandbox_gateway_of_the_containers_is_that_of_the_demo():
    gateway = COMPOSE["services"]["gateway"]
    world = World(Ports(8000), new_keys(), "", "", "")
    demo = list(programs.payments(world, Path("/state")).command[1:])
    demo[demo.index("--notify") + 1] = "http://web:8000/payments/notify"
    demo[demo.index("--host") + 1] = "0.0.0.0"

    assert gateway["profiles"] == ["sandbox"]
    assert gateway["command"] == ["python", *demo]
    assert gateway["environment"] == {"PAYMENT_SANDBOX_KEY": "${PAYMENT_SANDBOX_KEY:-}"}


def test_the_image_has_no_development_packages_and_no_secrets():
    image = (PROJECT / "Dockerfile").read_text()
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()

    assert "dev.txt" not in image
    assert "--require-hashes" in image
    assert re.search(r"^USER emsp$", image, re.MULTILINE)
    assert {".env", ".demo", ".git"} < set(ignored)


def test_requirements_name_no_address_and_hash_every_package():
    for name in ("base", "dev", "otel"):
        text = (PROJECT / f"requirements/{name}.txt").read_text()
        pins = re.findall(r"^[a-z0-9._-]+(?:\[[a-z0-9, -]+\])?==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)) > 20
        assert "://" not in text


def test_make_explains_itself_without_a_virtual_environment():
    done = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True)

    targets = [line.split()[1] for line in done.stdout.splitlines()]
    assert targets == [
        "help", "venv", "demo", "demo-reset", "test", "lint", "audit", "messages", ".env", "bench", "chaos",
        "apart", "chart", "fuzz",
    ]  # fmt: skip


def test_an_old_python_is_refused_in_one_line(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    tools = {"PATH": "/nowhere", "PYTHON": str(old)}

    done = subprocess.run(
        ["/bin/sh", "deploy/venv", str(tmp_path / "venv")],
        cwd=PROJECT,
        env=tools,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert (
        done.stderr == f"Python 3.11 or newer is needed ({old} is not): make PYTHON=/path/to/python3.11 ...\n"
    )
    assert not (tmp_path / "venv").exists()


def test_a_virtual_environment_that_fits_is_left_alone(tmp_path):
    tools = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    stamp = PROJECT / "requirements" / "dev.txt"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".requirements").write_text(hashlib.sha256(stamp.read_bytes()).hexdigest() + "\n")

    done = subprocess.run(
        ["/bin/sh", "deploy/venv", str(tmp_path)], cwd=PROJECT, env=tools, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


SYSTEM_PYTHON = Path("/usr/bin/python3")
OPTIMIZED = 'case "$*" in *interpreter.py*) exit {verdict};; esac\nexec {python} "$@"\n'


@pytest.fixture
def found_first(tmp_path):
    """Puts a python3 before all others on the PATH, which says of itself whether it was built with optimizations."""

    def put(*, optimized):
        fake = tmp_path / "first" / "python3"
        fake.parent.mkdir()
        fake.write_text("#!/bin/sh\n" + OPTIMIZED.format(verdict=int(not optimized), python=sys.executable))
        fake.chmod(0o755)
        return {"PATH": f"{fake.parent}:/usr/bin:/bin"}, fake

    return put


def made_with(tools, directory):
    """What deploy/venv says it makes a virtual environment with; nothing is installed there."""
    done = subprocess.run(
        ["/bin/sh", "deploy/venv", str(directory), "/dev/null"], cwd=PROJECT, env=tools, capture_output=True, text=True
    )
    assert done.returncode == 0
    return re.search(r"\((/.*)\)$", done.stderr.splitlines()[0])[1]


def test_a_build_without_optimizations_gives_way_to_the_python_of_the_system(found_first, tmp_path):
    suits = "import sys, ensurepip; assert sys.version_info > (3, 11)"
    if not SYSTEM_PYTHON.exists() or subprocess.run([SYSTEM_PYTHON, "-c", suits], capture_output=True).returncode:
        pytest.skip("this system has no Python 3.11 of its own that makes virtual environments")
    tools, _ = found_first(optimized=False)

    assert made_with(tools, tmp_path / "venv") == str(SYSTEM_PYTHON)


def test_a_build_with_optimizations_is_taken_as_it_is_found(found_first, tmp_path):
    tools, fake = found_first(optimized=True)

    assert made_with(tools, tmp_path / "venv") == str(fake)


def test_who_names_an_interpreter_gets_it(found_first, tmp_path):
    tools, fake = found_first(optimized=False)

    assert made_with(tools | {"PYTHON": str(fake)}, tmp_path / "venv") == str(fake)
