"""Participants, conversations, requests and callbacks, and messages as an app writes them."""

import base64
import uuid
from datetime import UTC, datetime, timedelta

import factory
from django.utils import timezone
from nacl.signing import SigningKey

from beckn.models import Callback, CallbackState, Request, Subscriber, SubscriberType, Transaction
from emsp.core.wire import encode, moment_text

PLACE = {"country": {"name": "India", "code": "IND"}, "city": {"code": "std:080"}}
DOMAIN = "ev-charging:beckn"
BPP_ID = "bpp.tests.example"


def signing_key(name="bap"):
    """The same key for the same name."""
    return SigningKey(name.encode().ljust(32, b".")[:32])


def public_key(name="bap"):
    return base64.b64encode(bytes(signing_key(name).verify_key)).decode()


def request_context(action, **over):
    """A complete context; a member given as None is left out."""
    context = {
        "domain": DOMAIN,
        "location": PLACE,
        "action": action,
        "version": "1.1.0",
        "bap_id": "bap.tests.example",
        "bap_uri": "http://127.0.0.1:9/bap/energy/v1",
        "bpp_id": BPP_ID,
        "bpp_uri": "http://testserver/beckn",
        "transaction_id": str(uuid.uuid4()),
        "message_id": str(uuid.uuid4()),
        "timestamp": moment_text(datetime.now(UTC), milliseconds=True),
        "ttl": "PT30S",
    } | over
    return {name: value for name, value in context.items() if value is not None}


def request_body(action, message=None, **context):
    """A whole request as a BAP writes it."""
    body = {"context": request_context(action, **context)}
    return body if message is None else body | {"message": message}


class SubscriberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Subscriber

    class Params:
        key_name = "bap"

    subscriber_id = "bap.tests.example"
    unique_key_id = "bap-key-1"
    type = SubscriberType.BAP
    url = "http://127.0.0.1:9/bap/energy/v1"
    public_key = factory.LazyAttribute(lambda row: public_key(row.key_name))


class TransactionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Transaction

    bap_id = "bap.tests.example"
    transaction_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    context = factory.LazyAttribute(lambda row: {
        "domain": DOMAIN, "version": "1.1.0", "location": PLACE, "bap_id": row.bap_id,
        "bap_uri": "http://127.0.0.1:9/bap/energy/v1",
    })


class RequestFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Request

    bap_id = "bap.tests.example"
    message_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    transaction_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    action = "search"
    digest = "digest"
    body = factory.LazyAttribute(lambda row: request_body(
        row.action, {"intent": {}}, bap_id=row.bap_id, message_id=row.message_id,
        transaction_id=row.transaction_id,
    ))
    due_at = factory.LazyFunction(timezone.now)


class CallbackFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Callback

    bap_id = "bap.tests.example"
    transaction_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    message_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    action = "on_search"
    url = factory.LazyAttribute(lambda row: f"http://127.0.0.1:9/bap/energy/v1/{row.action}")
    body = factory.LazyAttribute(lambda row: encode({
        "context": request_context(row.action, message_id=row.message_id, transaction_id=row.transaction_id),
        "message": {},
    }))
    state = CallbackState.PENDING
    due_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))
