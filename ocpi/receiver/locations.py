"""Locations module, receiver, at its three levels. Source: OCPI 2.2.1, mod_locations; ocpi.md 3.1."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi import selectors
from ocpi.envelope import success
from ocpi.models import Party
from ocpi.receiver import quick_status
from ocpi.receiver.door import OcpiView
from ocpi.receiver.location_paths import Target, targets
from ocpi.services import location_patches, locations
from ocpi.services.refusals import UnknownObject


class LocationView(OcpiView):
    """GET, PUT and PATCH at the three levels."""

    module = "locations"

    def dispatch(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        quick = quick_status.answer(request, **kwargs)
        if quick is None:
            return super().dispatch(request, *args, **kwargs)
        quick["Allow"] = ", ".join(self.allowed_methods)
        return quick

    def get(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party = self.party(country_code, party_id)
        for target in targets(tail):
            found = _read(party, target)
            if found is not None:
                return success(found)
        raise UnknownObject("locations", _level(targets(tail)[0]))

    def put(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party, body = self.party(country_code, party_id, pushed=True), self.body()
        target = _named(party, targets(tail), body)
        try:
            created = _store(party, target, body)
        except UnknownObject:
            locations.fetch_wanted(party, target.location_id)
            raise
        return success(status=201 if created else 200)

    def patch(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party, body = self.party(country_code, party_id), self.body()
        choice = targets(tail)
        target = choice[0] if len(choice) < 3 else _there(party, choice)
        try:
            _patch(party, target, body)
        except UnknownObject:
            other = _there(party, choice)
            if other != target:
                _patch(party, other, body)
                return success()
            locations.fetch_wanted(party, _known_location(party, choice))
            raise
        return success()


def _read(party: Party, target: Target) -> dict[str, Any] | None:
    if target.connector_id and target.evse_uid:
        return selectors.connector_object(party, target.location_id, target.evse_uid, target.connector_id)
    if target.evse_uid:
        return selectors.evse_object(party, target.location_id, target.evse_uid)
    return selectors.location_object(party, target.location_id)


def _store(party: Party, target: Target, body: Any) -> bool:
    at = timezone.now()
    if target.connector_id and target.evse_uid:
        return locations.store_connector(
            party, target.location_id, target.evse_uid, target.connector_id, body, received_at=at
        )
    if target.evse_uid:
        return locations.store_evse(party, target.location_id, target.evse_uid, body, received_at=at)
    return locations.store_location(party, target.location_id, body, received_at=at)


def _patch(party: Party, target: Target, body: Any) -> None:
    at = timezone.now()
    if target.connector_id and target.evse_uid:
        location_patches.patch_connector(
            party, target.location_id, target.evse_uid, target.connector_id, body, received_at=at
        )
    elif target.evse_uid:
        location_patches.patch_evse(party, target.location_id, target.evse_uid, body, received_at=at)
    else:
        location_patches.patch_location(party, target.location_id, body, received_at=at)


def _named(party: Party, choice: list[Target], body: Any) -> Target:
    """The reading of the URL in which the body names itself; among several the one whose parent is there."""
    called = [target for target in choice if target.is_called(body)] or choice[:1]
    if len(called) == 1:
        return called[0]
    return next((target for target in called if _read(party, _parent(target)) is not None), called[0])


def _there(party: Party, choice: list[Target]) -> Target:
    """The reading of the URL that leads to something we have; the plain one when none does."""
    return next((target for target in choice if _read(party, target) is not None), choice[0])


def _known_location(party: Party, choice: list[Target]) -> str:
    known = (target.location_id for target in choice if _read(party, Target(target.location_id)) is not None)
    return next(known, choice[0].location_id)


def _parent(target: Target) -> Target:
    return Target(target.location_id, target.evse_uid if target.connector_id else None)


def _level(target: Target) -> str:
    return "connector" if target.connector_id else "EVSE" if target.evse_uid else "location"
