"""`manage.py beckn_keys [list|rotate|use|retire]`: new key pairs for the environment, and the rotation of ours."""

import uuid
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from beckn import signing
from beckn.management.commands.beckn_subscriber import OneSentence
from beckn.models import OwnKey
from beckn.services import own_keys


class Command(BaseCommand):
    """Without a verb it prints NAME=value lines, and needs neither an environment nor a database."""

    help = (
        "Prints a new signing (Ed25519) and encryption (X25519) key pair as NAME=value lines; with a verb it rotates the "
        "platform's own keys without a restart (docs/security.md)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The verbs of a rotation, in their order."""
        verbs = parser.add_subparsers(dest="verb", metavar="list|rotate|use|retire", parser_class=OneSentence)
        verbs.add_parser("list", help="our keys, and which one signs")
        verbs.add_parser("rotate", help="make a successor and print its public halves; it signs nothing yet")
        use = verbs.add_parser("use", help="let the successor sign; the present key stays valid")
        use.add_argument("key_id", help="unique_key_id of the successor")
        use.add_argument("--unchecked", action="store_true", help="do not ask the registry whether it knows the key")
        retire = verbs.add_parser("retire", help="forget the private halves of a key that does not sign")
        retire.add_argument("key_id", help="its unique_key_id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        verb = options["verb"]
        try:
            if verb == "list":
                self._list()
            elif verb == "rotate":
                self._announce(own_keys.rotate())
            elif verb == "use":
                key = own_keys.use(options["key_id"], unchecked=options["unchecked"])
                self.stdout.write(f"{key} signs from now on; retire its predecessor when peers have forgotten it")
            elif verb == "retire":
                self.stdout.write(f"{own_keys.retire(options['key_id'])} is retired; end it in the registry too")
            else:
                self._print_new()
        except own_keys.NotRotatable as error:
            raise CommandError(str(error)) from None

    def _print_new(self) -> None:
        signing_key, encryption_key = own_keys.new_pair()
        lines = {
            "BECKN_SIGNING_PRIVATE_KEY": own_keys.base64_text(bytes(signing_key)),
            "BECKN_SIGNING_PUBLIC_KEY": signing.public_key_text(signing_key),
            "BECKN_ENCRYPTION_PRIVATE_KEY": own_keys.base64_text(encryption_key.private_bytes_raw()),
            "BECKN_ENCRYPTION_PUBLIC_KEY": own_keys.base64_text(encryption_key.public_key().public_bytes_raw()),
            "BECKN_UNIQUE_KEY_ID": str(uuid.uuid4()),
        }
        for name, value in lines.items():
            self.stdout.write(f"{name}={value}")

    def _announce(self, key: OwnKey) -> None:
        self.stdout.write(f"unique_key_id={key.unique_key_id}")
        self.stdout.write(f"signing_public_key={key.signing_public_key}")
        self.stdout.write(f"encryption_public_key={key.encryption_public_key}")
        self.stderr.write("Enter it in the registry, or give it to the apps; then `manage.py beckn_keys use` it.")

    def _list(self) -> None:
        signs = own_keys.signing_row()
        if signs is None:
            key = own_keys.current()
            self.stdout.write(f"{key.unique_key_id}  signs  {signing.public_key_text(key.signing)}  (environment)")
        for row in OwnKey.objects.all():
            since = _day(row.retired_at or row.signs_from or row.created_at)
            self.stdout.write(f"{row.unique_key_id}  {_state(row, signs)}  since {since}  {row.signing_public_key}")


def _state(row: OwnKey, signs: OwnKey | None) -> str:
    if row.retired_at is not None:
        return "retired"
    if row.signs_from is None:
        return "announced"
    return "signs" if row == signs else "former"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
