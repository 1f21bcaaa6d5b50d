"""Keys at rest are rotated without losing what they opened: encrypted columns, drivers, links, recovery codes."""

import pytest
from cryptography.fernet import Fernet
from django.core import signing
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from beckn.models import Callback, Transaction
from emsp.backoffice.roles import second_factor
from emsp.core import crypto, links, reencryption
from ocpi.models import Connection, Token
from sessions.models import Order
from tests.backoffice.conftest import charged, person  # noqa: F401 (fixture)
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.conftest import cpo, driver, network  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
NEW = Fernet.generate_key().decode()


def stored(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"select {column} from {table} where {column} is not null and {column} <> ''")
        return [bytes(value) if not isinstance(value, str) else value.encode() for (value,) in cursor.fetchall()]


def test_every_encrypted_column_is_brought_under_the_new_key(charged, settings):  # noqa: F811
    before = {row.pk: bytes(row.body) for row in Callback.objects.all()}
    billing = Transaction.objects.get().billing
    old = list(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *old]
    with pytest.raises(CommandError, match=r"^\d+ values still need an older key$"):
        call_command("reencrypt", "--check")

    call_command("reencrypt")
    call_command("reencrypt", "--check")

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert {row.pk: bytes(row.body) for row in Callback.objects.all()} == before != {}
    assert Transaction.objects.get().billing == billing
    assert Connection.objects.get().outgoing_token
    only_new = Fernet(NEW)
    for model, field in reencryption.columns():
        for value in stored(model._meta.db_table, field.column):
            only_new.decrypt(value)


def test_what_no_key_opens_is_told_and_left_as_it_is(settings):
    Connection.objects.create(name="CPO", outgoing_token="token")
    kept = stored("ocpi_connection", "outgoing_token")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    with pytest.raises(CommandError, match="^1 values are opened by none of FIELD_ENCRYPTION_KEYS"):
        call_command("reencrypt")
    assert stored("ocpi_connection", "outgoing_token") == kept


def test_a_value_that_changes_meanwhile_is_not_overwritten(settings, monkeypatch):
    peer = Connection.objects.create(name="CPO", outgoing_token="first")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, *settings.FIELD_ENCRYPTION_KEYS]
    renewed = crypto.renewed

    def changes_first(ciphertext):
        Connection.objects.filter(pk=peer.pk).update(outgoing_token="second")
        return renewed(ciphertext)

    monkeypatch.setattr(crypto, "renewed", changes_first)
    call_command("reencrypt")
    assert Connection.objects.get().outgoing_token == "second"


def test_a_driver_keeps_token_and_history_when_secret_key_changes(driver, settings):  # noqa: F811
    driver.charge()
    first = Order.objects.get()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key"

    driver.transaction_id = "another-conversation"
    driver.init()

    orders = Order.objects.order_by("pk")
    assert len(orders) == 2 and Token.objects.count() == 1
    assert {order.token_id for order in orders} == {first.token_id}
    present = {order.driver_hash for order in orders}
    assert present == {Token.objects.get().driver_hash} != {first.driver_hash}


def test_links_and_recovery_codes_outlive_secret_key_while_it_is_a_fallback(settings):
    user = person("olga", "operator")
    codes, link = second_factor.new_codes(user), signing.dumps(7, salt="tests")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key"

    assert links.opened(link, salt="tests", within_s=60) == 7
    assert second_factor.check(user, codes[0]) is not None
    assert second_factor.check(user, codes[0]) is None  # each opens once

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(links.LinkInvalid):
        links.opened(link, salt="tests", within_s=60)
    assert second_factor.check(user, codes[1]) is None
