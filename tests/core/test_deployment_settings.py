"""Settings of a deployment: Django's own deployment check finds nothing, and pages carry the headers that it wants."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
SEED = base64.b64encode(bytes(32)).decode()
KNOWN = {"PATH", "HOME", "DATABASE_URL", "LANG"}
EMSP = {
    "DJANGO_SETTINGS_MODULE": "emsp.settings.main",
    "BASE_URL": "https://emsp.example", "SANDBOX": "false",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
    "BECKN_SUBSCRIBER_ID": "emsp.example", "BECKN_UNIQUE_KEY_ID": "k1",
    "BECKN_SIGNING_PRIVATE_KEY": SEED, "BECKN_ENCRYPTION_PRIVATE_KEY": SEED,
}  # fmt: skip
BAP = {
    "DJANGO_SETTINGS_MODULE": "beckn.bap.settings", "SECRET_KEY": EMSP["SECRET_KEY"],
    "BAP_DATABASE_URL": "postgresql://bap@127.0.0.1/bap", "BAP_ID": "bap.example", "BAP_URI": "https://bap.example/beckn",
    "BAP_UNIQUE_KEY_ID": "k2", "BAP_SIGNING_PRIVATE_KEY": SEED, "BPP_ID": "emsp.example",
    "BPP_URI": "https://emsp.example/beckn", "BPP_PUBLIC_KEY": SEED,
}  # fmt: skip
SHOWN = """
import django, json
from django.test import Client
django.setup()
answers = [Client().get("/support", secure=secure, HTTP_HOST=host) for secure, host in [
    (True, "emsp.example"), (False, "emsp.example"), (True, "attacker.example")]]
live = Client().get("/health/live", HTTP_HOST="127.0.0.1:8000")
print(json.dumps([[answer.status_code, dict(answer.headers)] for answer in [*answers, live]]))
"""


def run(environment, *arguments):
    """Python in a process of its own, with this environment alone."""
    given = {name: value for name, value in os.environ.items() if name in KNOWN} | environment
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("environment", [EMSP, BAP], ids=["emsp", "bap"])
def test_the_deployment_check_is_clean(environment):
    done = run(environment, "-m", "django", "check", "--deploy", "--fail-level", "WARNING")

    assert (done.returncode, done.stdout) == (0, "System check identified no issues (1 silenced).\n"), done.stderr


def test_pages_of_a_deployment_are_https_alone_and_of_its_own_name():
    import json

    done = run(EMSP, "-W", "ignore", "-c", SHOWN)
    (status, shown), (to_https, moved), (foreign, _), (live, _) = json.loads(done.stdout.splitlines()[-1])

    assert (status, to_https, foreign, live) == (200, 301, 400, 200), done.stderr
    assert moved["Location"] == "https://emsp.example/support"
    assert shown["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert shown["X-Frame-Options"] == "DENY"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Referrer-Policy"] == "same-origin"
    assert shown["Cross-Origin-Opener-Policy"] == "same-origin"
    assert shown["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    assert set(shown["Content-Security-Policy"].split("; ")) == {
        "default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'",
        "form-action 'self'",
    }


def test_cookies_of_a_deployment_go_over_https_alone_and_end_with_the_day():
    names = ["SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE",
             "SESSION_COOKIE_AGE"]  # fmt: skip
    code = f"from django.conf import settings; print([getattr(settings, name) for name in {names}])"

    assert run(EMSP, "-c", code).stdout == "[True, True, 'Lax', True, 43200]\n"
    plain = EMSP | {"BASE_URL": "http://127.0.0.1:8000", "SANDBOX": "true"}
    assert run(plain, "-c", code).stdout == "[False, True, 'Lax', False, 43200]\n"


def test_scripts_within_a_page_are_forbidden_everywhere_and_only_the_back_office_may_compile():
    back_office = Client().get("/admin/login/").headers["Content-Security-Policy"].split("; ")
    docs = Client().get("/docs/").headers["Content-Security-Policy"].split("; ")

    assert "script-src 'self' 'unsafe-eval'" in back_office
    assert {"default-src 'none'", "style-src 'self'", "form-action 'none'", "frame-ancestors 'none'"} <= set(docs)
    assert not [part for part in docs if "unsafe" in part]
