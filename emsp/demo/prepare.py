"""Brings the eMSP's database up to date and seeds it: `python -m emsp.demo.prepare`, at each start.

Everything here may run again: the second start finds its own work and changes nothing.
"""

import io
import os
import sys

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError


def migrate() -> None:
    """Check the settings, then apply what is new."""
    call_command("check", stdout=io.StringIO())
    call_command("migrate", verbosity=0, interactive=False)


def seed_admin(user: str, password: str) -> None:
    """The back office's user; the password of world.json opens it whatever happened since, without a second factor."""
    from django.contrib.auth import get_user_model

    from emsp.backoffice.roles import second_factor

    accounts = get_user_model()._default_manager
    account, _ = accounts.update_or_create(
        username=user, defaults={"is_staff": True, "is_superuser": True, "is_active": True}
    )
    if not account.check_password(password):
        account.set_password(password)
        account.save()
    second_factor.remove(account)


def trust_bap(subscriber_id: str, uri: str, key_id: str, public_key: str) -> None:
    """The reference BAP as a participant; its address moves with PORT_BASE."""
    call_command(
        "beckn_subscriber", "add", subscriber_id, "--url", uri, "--type", "BAP",
        "--key-id", key_id, "--public-key", public_key, stdout=io.StringIO(),
    )  # fmt: skip


def main() -> int:
    """Exit status: 0 when the database is ready, else 1 after one sentence."""
    given = os.environ
    django.setup()
    try:
        migrate()
        seed_admin(given["DEMO_ADMIN_USER"], given["DEMO_ADMIN_PASSWORD"])
        trust_bap(*(given[f"DEMO_BAP_{name}"] for name in ("ID", "URI", "KEY_ID", "PUBLIC_KEY")))
    except (CommandError, DatabaseError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
