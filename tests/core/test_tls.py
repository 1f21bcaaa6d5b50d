"""Client certificates: what is refused, by name, and what may be shown."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from django.core.exceptions import ValidationError

from emsp.core.tls import check_client_cert, client_context, read_client_cert
from tests.core.certificates import key_and_certificate

KEY, CERT = key_and_certificate("emsp.example")
OTHER_KEY, OTHER_CERT = key_and_certificate("other.example")
LOCKED_KEY, LOCKED_CERT = key_and_certificate("locked.example", encryption=BestAvailableEncryption(b"passphrase"))
NO_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


def test_a_certificate_with_its_key_is_read_in_either_order():
    for pem in (CERT + KEY, KEY + CERT, f"{CERT}{OTHER_CERT}{KEY}"):
        found = read_client_cert(pem)
        assert found.subject == "CN=emsp.example"
        assert timedelta(hours=23) < found.ends_at - datetime.now(UTC) <= timedelta(days=1)
        assert client_context(pem).verify_mode.name == "CERT_REQUIRED"


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        ("certificate", "no certificate in PEM (-----BEGIN CERTIFICATE-----) can be read"),
        (KEY, "no certificate in PEM (-----BEGIN CERTIFICATE-----) can be read"),
        (CERT, "no private key in PEM (-----BEGIN PRIVATE KEY-----) can be read"),
        (f"{CERT}{NO_KEY}", "no private key in PEM (-----BEGIN PRIVATE KEY-----) can be read"),
        (CERT + OTHER_KEY, "the private key does not belong to the first certificate"),
        (LOCKED_CERT + LOCKED_KEY, "the private key has a passphrase: give it without one"),
        ("\x00", "no certificate in PEM (-----BEGIN CERTIFICATE-----) can be read"),
    ],
)
def test_anything_else_is_refused_with_a_reason(pem, reason):
    with pytest.raises(ValidationError) as refused:
        check_client_cert(pem)
    assert refused.value.messages == [reason]
