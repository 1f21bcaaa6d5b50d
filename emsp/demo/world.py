"""The demo's addresses and keys, and the two files that tell them: `.demo/world.json` and `.demo/env`."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from emsp.demo.files import write_private
from emsp.demo.keys import Keys
from emsp.demo.ports import Ports

WORLD_FILE = "world.json"
ENV_FILE = "env"
CPO_COUNTRY_CODE = "IN"
CPO_PARTY_ID = "SIM"

# What whoever starts the demo may set for it; everything else of `.demo/env` belongs to the demo.
CHOICES = {
    "OCPI_COUNTRY_CODE": "IN",
    "OCPI_PARTY_ID": "EMS",
    "BECKN_REGISTRY_URL": "",
    "BECKN_QUOTE_TTL_S": "900",
    "BECKN_RESERVE_ON": "init",
    "BECKN_START_ON": "confirm",
}

# Servers of yours beside DATABASE_URL and REDIS_URL; told to the processes where they are set (docs/scaling.md).
ELSEWHERE = ("CELERY_BROKER_URL", "DATABASE_POOLED", "REPLICA_DATABASE_URL", "REPLICA_LAG_S")


@dataclass(frozen=True, repr=False)
class World:
    """One running demo. token_a: opens one registration at the simulated CPO, new at each start.

    metrics: the folder in which all processes keep their figures.
    """

    ports: Ports
    keys: Keys
    database_url: str
    bap_database_url: str
    redis_url: str
    metrics: str = ""
    token_a: str = field(default_factory=partial(token_urlsafe, 32))

    @property
    def emsp_url(self) -> str:
        return f"http://{self.ports.host}:{self.ports.emsp}"

    @property
    def bap_url(self) -> str:
        return f"http://{self.ports.host}:{self.ports.bap}"

    @property
    def cpo_url(self) -> str:
        """The simulated CPO."""
        return f"http://{self.ports.host}:{self.ports.cpo}"

    @property
    def versions_url(self) -> str:
        """Where its OCPI begins."""
        return f"{self.cpo_url}/ocpi/cpo/versions"

    @property
    def payments_url(self) -> str:
        """The sandbox payment gateway."""
        return f"http://{self.ports.host}:{self.ports.payments}"

    def environment(self, given: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The eMSP's environment: every name of design.md §4. given: where CHOICES and ELSEWHERE may be set."""
        keys = self.keys
        return {
            "BASE_URL": self.emsp_url,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": keys.secret_key,
            "FIELD_ENCRYPTION_KEYS": keys.field_encryption_key,
            "BECKN_SUBSCRIBER_ID": keys.bpp_id,
            "BECKN_UNIQUE_KEY_ID": keys.bpp_key_id,
            "BECKN_SIGNING_PRIVATE_KEY": keys.bpp_signing_key,
            "BECKN_ENCRYPTION_PRIVATE_KEY": keys.bpp_encryption_key,
            "SANDBOX": "true",
            "PAYMENT_SANDBOX_URL": self.payments_url,
            "PAYMENT_SANDBOX_KEY": keys.payment_key,
            "PROMETHEUS_MULTIPROC_DIR": self.metrics,
            **{name: given[name] for name in ELSEWHERE if given.get(name)},
        } | {name: given.get(name) or default for name, default in CHOICES.items()}

    def description(self) -> dict[str, Any]:
        """The content of world.json. Source: design.md §4."""
        keys = self.keys
        return {
            "emsp": {
                "base_url": self.emsp_url,
                "bpp_id": keys.bpp_id,
                "bpp_uri": f"{self.emsp_url}/beckn",
                "signing_public_key": keys.bpp_public_key,
                "unique_key_id": keys.bpp_key_id,
                "ocpi_versions_url": f"{self.emsp_url}/ocpi/emsp/versions",
                "admin": {"user": keys.admin_user, "password": keys.admin_password},
            },
            "bap": {
                "base_url": self.bap_url,
                "bap_id": keys.bap_id,
                "bap_uri": f"{self.bap_url}/beckn",
                "unique_key_id": keys.bap_key_id,
                "signing_private_key": keys.bap_signing_key,
            },
            "cpo": {
                "versions_url": self.versions_url,
                "country_code": CPO_COUNTRY_CODE,
                "party_id": CPO_PARTY_ID,
            },
            "database_url": self.database_url,
            "redis_url": self.redis_url,
        }

    def announce(self, folder: Path, given: Mapping[str, str] = os.environ) -> None:
        """Write both files; world.json last, because it says that everything is there."""
        lines = [f"{name}={value}\n" for name, value in self.environment(given).items()]
        write_private(folder / ENV_FILE, "".join(lines))
        write_private(folder / WORLD_FILE, json.dumps(self.description(), indent=1) + "\n")


def withdraw(folder: Path) -> None:
    """Remove both files: the demo is not, or no longer, there."""
    for name in (WORLD_FILE, ENV_FILE):
        (folder / name).unlink(missing_ok=True)
