"""News from the CPOs that changes what can be bought. Done in the transaction of the news: the next search knows."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from catalog.services import offers
from ocpi.models import Connection, Party
from ocpi.services import evse_status
from ocpi.signals import locations_stored, tariffs_stored

evse_status.follow("catalog", offers.CARRY_STATUS)


@receiver(locations_stored, dispatch_uid="catalog.locations_stored")
def on_locations_stored(location_ids: list[int], **kwargs: Any) -> None:
    offers.refresh(location_ids)


@receiver(tariffs_stored, dispatch_uid="catalog.tariffs_stored")
def on_tariffs_stored(tariff_ids: list[int], **kwargs: Any) -> None:
    offers.refresh_for_tariffs(tariff_ids)


@receiver(post_save, sender=Party, dispatch_uid="catalog.party_saved")
def on_party_saved(instance: Party, *, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """Staff may have switched the CPO on or off."""
    if not created and (update_fields is None or "active" in update_fields):
        offers.relist(instance.pk)


@receiver(post_save, sender=Connection, dispatch_uid="catalog.connection_saved")
def on_connection_saved(instance: Connection, *, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """A platform may have left, or come back: nobody can charge where we are not registered."""
    if not created and (update_fields is None or "status" in update_fields):
        for party_id in instance.parties.values_list("pk", flat=True):
            offers.relist(party_id)
