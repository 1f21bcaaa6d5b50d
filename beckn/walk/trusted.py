"""An app that the eMSP of these settings trusts for as long as it is used."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from beckn import signing
from beckn.models import Subscriber, SubscriberType
from beckn.services import own_keys, subscribers
from beckn.walk.app import LOOPBACK, App


@contextmanager
def trusted_app(subscriber_id: str, *, host: str = LOOPBACK, uri: str = "") -> Iterator[App]:
    """An App under this id, which is a subscriber with a fresh key until the block ends. host, uri: as for App."""
    app = App(
        subscriber_id,
        bpp_id=settings.BECKN_SUBSCRIBER_ID,
        bpp_uri=settings.BECKN_URI,
        bpp_public_key=bytes(own_keys.current().signing.verify_key),
        domain=settings.BECKN_DOMAINS[0],
        host=host,
        uri=uri,
    )
    who = app.identity
    try:
        subscribers.add(
            subscriber_id=subscriber_id, url=who.uri, type=SubscriberType.BAP, unique_key_id=who.key_id,
            public_key=signing.public_key_text(who.key),
        )  # fmt: skip
        yield app
    finally:
        app.close()
        Subscriber.objects.filter(subscriber_id=subscriber_id, unique_key_id=who.key_id).delete()
