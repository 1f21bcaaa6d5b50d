"""An app that the eMSP of these settings trusts for as long as it is used."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from beckn import signing
from beckn.models import Subscriber, SubscriberType
from beckn.services import subscribers
from beckn.walk.app import App


@contextmanager
def trusted_app(subscriber_id: str, *, uri: str = "") -> Iterator[App]:
    """An App under this id, which is a subscriber with a fresh key until the block ends. uri: as for App."""
    key = signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY)
    app = App(
        subscriber_id,
        bpp_id=settings.BECKN_SUBSCRIBER_ID,
        bpp_uri=settings.BECKN_URI,
        bpp_public_key=bytes(key.verify_key),
        domain=settings.BECKN_DOMAINS[0],
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
