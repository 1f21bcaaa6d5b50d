"""Version discovery and credentials. Source: OCPI 2.2.1, credentials; ocpi.md 2."""

from rest_framework.request import Request
from rest_framework.response import Response

from ocpi.envelope import success
from ocpi.receiver.door import OcpiView
from ocpi.services import credentials, handshake
from ocpi.versions import V2_2_1, VERSIONS


class VersionsView(OcpiView):
    """GET versions."""

    open_to_registration = True

    def get(self, request: Request) -> Response:
        return success([version.entry() for version in VERSIONS.values()])


class DetailsView(OcpiView):
    """GET version details."""

    open_to_registration = True

    def get(self, request: Request) -> Response:
        return success(V2_2_1.details())


class CredentialsView(OcpiView):
    """The peer registers, changes its credentials, or leaves; 405 where that does not fit (ocpi.md 1.7)."""

    open_to_registration = True

    def get(self, request: Request) -> Response:
        if self.peer.registering:
            raise handshake.NotRegistered
        return success(handshake.our_credentials(self.peer.token))

    def post(self, request: Request) -> Response:
        return success(credentials.register_peer(self.peer.presented, self.body()))

    def put(self, request: Request) -> Response:
        return success(credentials.rotate_peer(self.peer.presented, self.body()))

    def delete(self, request: Request) -> Response:
        credentials.unregister_peer(self.peer.presented)
        return success()
