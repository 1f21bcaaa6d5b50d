"""The BAP stands alone: its own settings, tables and headers, nothing of the eMSP."""

import json
import subprocess
import sys

import pytest

from tests.beckn.bap.process import ROOT, Browser

LOADED = """
import json, sys
import beckn.bap
early = sorted(sys.modules)
import beckn.bap.wsgi
from django.conf import settings
print(json.dumps([early, sorted(sys.modules), settings.SETTINGS_MODULE, settings.INSTALLED_APPS]))
"""
OURS = ("beckn", "emsp", "ocpi", "catalog", "sessions")


def test_it_imports_nothing_of_the_emsp_but_wire_types_and_signing(bap):
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, env=bap.environment, capture_output=True, text=True, check=True
    )
    early, late, settings, apps = json.loads(done.stdout.splitlines()[-1])
    assert not [name for name in early if name.startswith("django.conf.") or name == "django.conf"]
    assert settings == "beckn.bap.settings" and apps == ["django.contrib.staticfiles", "beckn.bap.apps.BapConfig"]
    ours = {name for name in late if name.split(".")[0] in OURS and not name.startswith("beckn.bap")}
    shared = {f"emsp.core.{name}" for name in ("body_first", "correlation", "csp", "log", "wire")}
    assert ours <= {"beckn", "beckn.signing", "emsp", "emsp.core", *shared}


def test_the_migrations_say_what_the_models_say(bap):
    assert "No changes detected" in bap.run("makemigrations", "--check", "--dry-run")


@pytest.mark.parametrize(("name", "value", "told"), [
    ("BPP_PUBLIC_KEY", "", "BPP_PUBLIC_KEY is not set"),
    ("BPP_PUBLIC_KEY", "not base64!", "BPP_PUBLIC_KEY is not base64"),
    ("BAP_SIGNING_PRIVATE_KEY", "AAAA", "BAP_SIGNING_PRIVATE_KEY has 3 bytes, not 32 or 64"),
    ("BAP_DATABASE_URL", "", "BAP_DATABASE_URL is not set"),
    ("BAP_URI", "https://app.example/callbacks", "BAP_URI must end in /beckn"),
    ("BAP_KEEP_SEARCHES_DAYS", "401", "BAP_KEEP_SEARCHES_DAYS is at least 1 and at most BAP_KEEP_ORDERS_DAYS"),
    ("BAP_CALLBACK_WAIT_S", "0", "BAP_CALLBACK_WAIT_S must be at least 1 second"),
])
def test_a_wrong_setting_is_told(bap, name, value, told):
    environment = bap.environment | {"DJANGO_SETTINGS_MODULE": "beckn.bap.settings", name: value}
    done = subprocess.run(
        [sys.executable, "-m", "django", "check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and told in done.stderr


def test_health(bap):
    answer = Browser(bap.url).http.get(f"{bap.url}/health", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_pages_allow_no_foreign_script(bap):
    page = Browser(bap.url).get("/")
    policy = page.answer.headers["Content-Security-Policy"]
    assert set(policy.split("; ")) == {
        "default-src 'self'", "img-src 'self' data: http://127.0.0.1:9", "object-src 'none'", "base-uri 'none'",
        "frame-ancestors 'none'", "form-action 'self'",
    }
    assert "<script>" not in page.html and " style=" not in page.html and " onclick" not in page.html


@pytest.mark.parametrize("file", ["leaflet.js", "leaflet.css", "LICENSE", "images/layers.png"])
def test_the_map_comes_with_the_app(bap, file):
    answer = Browser(bap.url).http.get(f"{bap.url}/static/vendor/leaflet/{file}", timeout=10)
    assert answer.status_code == 200


def test_what_is_not_there_is_told_with_a_way_on(bap):
    page = Browser(bap.url).get("/nothing")
    assert page.status == 404 and "Find a charger" in page
