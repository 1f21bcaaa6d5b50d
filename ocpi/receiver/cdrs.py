"""CDRs module, receiver. Source: OCPI 2.2.1, mod_cdrs; ocpi.md 3.4, T62, T63."""

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi import selectors
from ocpi.envelope import success
from ocpi.receiver.door import OcpiView
from ocpi.services import cdrs
from ocpi.services.parties import party_of
from ocpi.services.refusals import InvalidObject, UnknownObject, UnknownParty
from ocpi.versions import V2_2_1


class CdrsView(OcpiView):
    """POST a CDR; the answer's Location is where it can be read again."""

    def post(self, request: Request, **address: str) -> Response:
        body = self.body()
        owner = body if isinstance(body, dict) else {}
        country_code, party_id = str(owner.get("country_code") or ""), str(owner.get("party_id") or "")
        try:
            party = party_of(self.peer.connection, country_code, party_id, pushed=True)
        except UnknownParty:
            raise InvalidObject("with country_code, names no party of yours", "party_id") from None
        cdr, created = cdrs.store_cdr(party, body, received_at=timezone.now())
        place = f"{V2_2_1.url}/cdrs/{cdr.public_id}"
        return success(status=201 if created else 200, headers={"Location": place})


class OwnedCdrsView(CdrsView):
    """POST, or PUT, below country code and party id, as some peers do although no text says so (T62).

    A connection may be without it: then there is no such address.
    """

    def post(self, request: Request, **address: str) -> Response:
        if not self.peer.connection.cdr_url_alias:
            raise Http404
        self.party(address["country_code"], address["party_id"], pushed=True)
        return super().post(request)

    def put(self, request: Request, **address: str) -> Response:
        return self.post(request, **address)


class CdrView(OcpiView):
    """GET a CDR at the address that its POST was answered with."""

    def get(self, request: Request, public_id: str) -> Response:
        try:
            found = selectors.cdr_object(self.peer.connection, UUID(public_id))
        except ValueError:
            found = None
        if found is None:
            raise UnknownObject("cdrs", "CDR")
        return success(found)
