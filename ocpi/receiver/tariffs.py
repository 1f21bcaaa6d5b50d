"""Tariffs module, receiver. Source: OCPI 2.2.1, mod_tariffs; ocpi.md 3.2."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi import selectors
from ocpi.envelope import success
from ocpi.receiver.door import OcpiView
from ocpi.services import tariffs
from ocpi.services.refusals import UnknownObject


class TariffView(OcpiView):
    """GET, PUT and DELETE; 2.2 has no PATCH."""

    module = "tariffs"

    def get(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        found = selectors.tariff_object(self.party(country_code, party_id), tail.removesuffix("/"))
        if found is None:
            raise UnknownObject("tariffs", "tariff")
        return success(found)

    def put(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party = self.party(country_code, party_id, pushed=True)
        created = tariffs.store_tariff(
            party, tail.removesuffix("/"), self.body(), received_at=timezone.now()
        )
        return success(status=201 if created else 200)

    def delete(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party = self.party(country_code, party_id)
        tariffs.delete_tariff(party, tail.removesuffix("/"), deleted_at=timezone.now())
        return success()
