"""Version discovery and credentials. Source: OCPI 2.2.1, version_information_endpoint, credentials."""

from typing import Any

from emsp.core.wire import Wire
from ocpi.wire.reading import Tolerant
from ocpi.wire.v2_2_1.common import BusinessDetails


class Version(Wire):
    """A version and where its details are."""

    version: str
    url: str


class Endpoint(Wire):
    """A module's interface: role SENDER owns the data, RECEIVER is told."""

    identifier: str
    role: str
    url: str


class VersionDetails(Wire):
    """The interfaces of one version."""

    version: str
    endpoints: list[Endpoint]


class CredentialsRole(Tolerant):
    """A party that a platform speaks for."""

    role: str
    party_id: str
    country_code: str
    business_details: BusinessDetails


class Credentials(Tolerant):
    """A platform's token, versions URL and parties; the flat form of 2.1.1 is read too."""

    token: str
    url: str
    roles: list[CredentialsRole]

    @classmethod
    def lenient(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("roles") is not None or "party_id" not in value:
            return value
        flat = {name: value.get(name) for name in ("party_id", "country_code", "business_details")}
        return value | {"roles": [{"role": "CPO"} | flat]}
