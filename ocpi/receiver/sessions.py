"""Sessions module, receiver. Source: OCPI 2.2.1, mod_sessions; ocpi.md 3.3."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from ocpi import selectors
from ocpi.envelope import success
from ocpi.receiver.door import OcpiView
from ocpi.services import sessions
from ocpi.services.refusals import UnknownObject


class SessionView(OcpiView):
    """GET, PUT and PATCH."""

    def get(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        found = selectors.session_object(self.party(country_code, party_id), tail.removesuffix("/"))
        if found is None:
            raise UnknownObject("sessions", "session")
        return success(found)

    def put(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party = self.party(country_code, party_id, pushed=True)
        created = sessions.store_session(
            party, tail.removesuffix("/"), self.body(), received_at=timezone.now()
        )
        return success(status=201 if created else 200)

    def patch(self, request: Request, country_code: str, party_id: str, tail: str) -> Response:
        party = self.party(country_code, party_id)
        sessions.patch_session(party, tail.removesuffix("/"), self.body(), received_at=timezone.now())
        return success()
