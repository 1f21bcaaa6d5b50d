"""A filled-in .env for docker-compose.yml: `python -m emsp.demo.dotenv < .env.example > .env`.

Names without a value get a fresh key, password or id; the rest stays as it stands in the example.
"""

import sys
from collections.abc import Iterable, Iterator
from secrets import token_urlsafe

from emsp.demo.errors import DemoError
from emsp.demo.keys import new_keys


def fresh_values() -> dict[str, str]:
    """A new secret for every name that the example leaves open."""
    keys = new_keys()
    return {
        "SECRET_KEY": keys.secret_key,
        "FIELD_ENCRYPTION_KEYS": keys.field_encryption_key,
        "POSTGRES_PASSWORD": token_urlsafe(24),
        "BECKN_UNIQUE_KEY_ID": keys.bpp_key_id,
        "BECKN_SIGNING_PRIVATE_KEY": keys.bpp_signing_key,
        "BECKN_SIGNING_PUBLIC_KEY": keys.bpp_public_key,
        "BECKN_ENCRYPTION_PRIVATE_KEY": keys.bpp_encryption_key,
        "BAP_UNIQUE_KEY_ID": keys.bap_key_id,
        "BAP_SIGNING_PRIVATE_KEY": keys.bap_signing_key,
        "BAP_SIGNING_PUBLIC_KEY": keys.bap_public_key,
        "BAP_SECRET_KEY": keys.bap_secret_key,
        "SIMULATOR_TOKEN_A": token_urlsafe(32),
        "DEMO_ADMIN_PASSWORD": keys.admin_password,
    }


def filled(example: Iterable[str]) -> Iterator[str]:
    """The lines of the example, open values filled. Raises DemoError for a name that has no value to get."""
    values = fresh_values()
    for line in example:
        name, separator, value = line.strip().partition("=")
        if line.startswith("#") or not separator or value:
            yield line
        elif name in values:
            yield f"{name}={values[name]}\n"
        else:
            raise DemoError(f"no value known for {name}")


if __name__ == "__main__":
    sys.stdout.writelines(list(filled(sys.stdin)))
