"""Client certificates: what we show to a partner that asks who connects. PEM, with the private key in it."""

import ssl
from datetime import datetime
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from django.core.exceptions import ValidationError
from urllib3.util.ssl_ import create_urllib3_context


class ClientCert(NamedTuple):
    """What may be shown of a certificate. ends_at: aware UTC."""

    subject: str
    ends_at: datetime


def read_client_cert(pem: str) -> ClientCert:
    """The first certificate of the PEM, which the private key belongs to.

    Raises ValueError, whose text holds nothing of the key.
    """
    try:
        own = load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        raise ValueError("no certificate in PEM (-----BEGIN CERTIFICATE-----) can be read") from None
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise ValueError("the private key has a passphrase: give it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("no private key in PEM (-----BEGIN PRIVATE KEY-----) can be read") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != own.public_key().public_bytes(*form):
        raise ValueError("the private key does not belong to the first certificate")
    return ClientCert(own.subject.rfc4514_string(), own.not_valid_after_utc)


def check_client_cert(pem: str) -> None:
    """Validator of a model field."""
    try:
        read_client_cert(pem)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def client_context(pem: str) -> ssl.SSLContext:
    """TLS as to every partner, with this certificate shown. ssl reads a file: ours alone, and gone after."""
    context = create_urllib3_context()
    with NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context
