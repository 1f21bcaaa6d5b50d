"""The OCPI versions that we speak. A new one is one entry here, its addresses, and its wire types."""

from dataclasses import dataclass

from django.conf import settings

from ocpi.wire.v2_2_1.credentials import Endpoint, Version, VersionDetails


@dataclass(frozen=True)
class OcpiVersion:
    """A version: its number, and each module with our role in it, as other platforms see it."""

    number: str
    modules: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str:
        """Public address of the version's details; modules lie below it."""
        return f"{settings.OCPI_EMSP_URL}/{self.number}"

    def entry(self) -> Version:
        """The version as it stands in the list of versions."""
        return Version(version=self.number, url=self.url)

    def details(self) -> VersionDetails:
        """Our interfaces in this version."""
        endpoints = [
            Endpoint(identifier=module, role=role, url=f"{self.url}/{module}")
            for module, role in self.modules
        ]
        return VersionDetails(version=self.number, endpoints=endpoints)


V2_2_1 = OcpiVersion("2.2.1", (
    ("credentials", "SENDER"),
    ("locations", "RECEIVER"),
    ("tariffs", "RECEIVER"),
    ("sessions", "RECEIVER"),
    ("cdrs", "RECEIVER"),
    ("tokens", "SENDER"),
    ("commands", "SENDER"),
))
VERSIONS = {version.number: version for version in (V2_2_1,)}


def versions_url() -> str:
    """Our public versions URL, as in our credentials."""
    return f"{settings.OCPI_EMSP_URL}/versions"
