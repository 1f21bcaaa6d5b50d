"""Known secrets and a contact go through every flow; none is in the log, in a dump of the database, or on a page."""

import base64
import logging

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection as database
from django.urls import reverse

from beckn.models import Callback, Request
from beckn.services import inbox, own_keys
from emsp.backoffice.models import Authenticator
from emsp.backoffice.roles import second_factor
from emsp.core.log import MaskedLines
from ocpi.models import Connection
from ocpi.services import registration
from tests.backoffice.conftest import browser_of, person
from tests.backoffice.permission_table import GET
from tests.backoffice.rows import one_of_each
from tests.backoffice.test_permissions import addresses
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows import world
from tests.flows.conftest import cpo, driver, network  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
CONTACT = {
    "name": "Canary Rao", "address": "7 Canary Lane", "email": "canary@drivers.example", "phone": "+919876500001",
    "tax_id": "29CANARY1234Z5",
}  # fmt: skip
PAYMENT = {"bank_account_number": "00112233445566", "virtual_payment_address": "canary@upi"}
CALL_BACK = {"callback_phone": "+919876500002", "email": "callback@drivers.example"}
COMMENT = "ask for Canary at 9876500003"
OUTGOING, STRANGER = "canary-token-that-we-send", "canary-token-of-a-stranger"
# Where staff with the permission for it see what is masked everywhere else.
SHOWN = {"beckn_supportrequest_change": set(CALL_BACK.values()), "beckn_rating_changelist": {COMMENT},
         "beckn_rating_change": {COMMENT}}  # fmt: skip


@pytest.fixture
def lines():
    """What the log has, everything down to DEBUG, as its handler writes it."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(self.format(record))

    handler, root = Keep(logging.DEBUG), logging.getLogger()
    handler.setFormatter(MaskedLines("%(levelname)s %(name)s %(message)s"))
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def canary(driver, cpo, client, monkeypatch):  # noqa: F811
    """Every secret by what it is, after all of them were used."""
    monkeypatch.setattr(world, "BILLING", CONTACT)
    Connection.objects.update(outgoing_token=OUTGOING)
    pks = one_of_each(driver, cpo)
    sent = dict(driver.server.received[-1].headers)["authorization"]
    driver.ask("support", {"support": {"ref_id": driver.order_id, **CALL_BACK}})
    client.post(reverse("feedback", args=[driver.order_id]), {"comment": COMMENT})
    paid = {"type": "POST-FULFILLMENT", "collected_by": "BAP", "params": PAYMENT}
    driver.ask("update", {"update_target": "payments", "order": {"id": driver.order_id, "payments": [paid]}})
    driver.server.answer_with((400, {"error": {"message": f"no such driver: {CONTACT['email']} {CONTACT['phone']}"}}))
    driver.ask("status", {"order_id": driver.order_id})
    client.get("/ocpi/emsp/versions", headers={"Authorization": f"Token {STRANGER}"})
    token_a = registration.invite("Canary")
    staff = person("canary", "admin")
    key = second_factor.begin(staff).key
    codes = second_factor.new_codes(staff)
    own_keys.rotate()
    successor = own_keys.all_active()[1]
    client.post(reverse("admin:login"), {"username": "canary", "password": "canary-password-tried"})
    _fail(driver, monkeypatch)
    pks |= {Request: Request.objects.filter(action="init").first().pk, Callback: Callback.objects.get(action="on_init").pk}
    asked = {f"asked {name}": value for name, value in CALL_BACK.items()}
    of_successor = own_keys.base64_text(bytes(successor.signing))
    secrets = {**CONTACT, **PAYMENT, **asked, "comment": COMMENT, "outgoing token": OUTGOING, "token": cpo.token,
               "stranger": STRANGER, "token A": token_a, "tried": "canary-password-tried", "authenticator": key,
               "recovery code": codes[0], "its letters": codes[0].replace("-", ""), "our signature": sent[-40:],
               "successor": of_successor, "its other half": successor.encryption}  # fmt: skip
    names = ("SECRET_KEY", "BECKN_SIGNING_PRIVATE_KEY", "BECKN_ENCRYPTION_PRIVATE_KEY", "PAYMENT_SANDBOX_KEY")
    return pks, secrets | {name: getattr(settings, name) for name in names} | {
        "encryption key": settings.FIELD_ENCRYPTION_KEYS[0]
    }


def _fail(driver, monkeypatch):  # noqa: F811
    """A failure of our own whose words repeat what it was about, as those of a database do."""

    def fails(request):
        raise ValueError(f"cannot handle {request.body}\nDETAIL:  Failing row contains ({CONTACT['name']}).")

    with monkeypatch.context() as patch:
        patch.setattr(inbox.actions, "run", fails)
        driver.ask("init", driver.order(billing=CONTACT))


def forms(secret):
    """How a secret would stand in a file: as it is, in hexadecimal, in base64."""
    raw = secret.encode()
    return {secret, raw.hex(), base64.b64encode(raw).decode()}


def found_in(text, secrets):
    return {name for name, secret in secrets.items() if any(form in text for form in forms(secret))}


def dump():
    """Every row of every table, as pg_dump writes it; by table."""
    tables = {}
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            with cursor.copy(f"copy {database.ops.quote_name(table)} to stdout") as copy:
                tables[table] = b"".join(bytes(block) for block in copy).decode()
    return tables


def test_no_secret_is_in_clear_in_a_dump_of_the_database(canary):
    _, secrets = canary
    tables = dump()

    assert len(tables) > 60 and tables["beckn_callback"] and tables["beckn_ownkey"]
    assert Authenticator.objects.exists()
    found = {table: found_in(rows, secrets) for table, rows in tables.items()}
    assert {table: names for table, names in found.items() if names} == {}


def test_no_secret_is_in_the_log(lines, canary):
    _, secrets = canary
    written = "\n".join(lines)

    assert "could not be handled" in written and "ValueError: cannot handle" in written
    assert found_in(written, secrets) == set()


def test_no_secret_is_on_a_page_of_the_back_office_but_where_it_is_meant_to_be(canary):
    pks, secrets = canary
    browser = browser_of(User.objects.create_superuser("root"))
    told = {}
    for name, url in addresses(pks).items():
        if "A" in GET[name]:
            answer = browser.get(url)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            meant = SHOWN.get(name, set())
            told[name] = {found for found in found_in(content.decode("utf-8", "replace"), secrets)
                          if secrets[found] not in meant}  # fmt: skip

    assert len(told) > 150 and admin.site.is_registered(User)
    assert {name: names for name, names in told.items() if names} == {}
