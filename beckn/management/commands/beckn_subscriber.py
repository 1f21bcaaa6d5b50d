"""`manage.py beckn_subscriber add|list|retire|disable`: trust a participant without a registry."""

from datetime import UTC, datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from beckn.models import Subscriber, SubscriberStatus
from beckn.services import subscribers


class OneSentence(CommandParser):
    """Wrong arguments end in one sentence and exit code 1, not in the usage text and 2."""

    def error(self, message: str) -> NoReturn:
        """Leave with the sentence; a caller from Python gets it as CommandError."""
        if self.called_from_command_line:
            self.exit(1, f"CommandError: {message}\n")
        raise CommandError(message)


class Command(BaseCommand):
    """Whom we trust, by hand."""

    help = "Adds (or updates), lists, retires and disables keys of participants that are trusted without a registry."

    def add_arguments(self, parser: CommandParser) -> None:
        """Arguments of the three verbs. Source: design.md §4."""
        verbs = parser.add_subparsers(
            dest="verb", required=True, metavar="add|list|retire|disable", parser_class=OneSentence
        )
        add = verbs.add_parser("add", help="trust a participant's key, or change what we know of it")
        add.add_argument("id", help="subscriber id, for example bap.example.com")
        add.add_argument("--url", required=True, help="where its messages go: the bap_uri of an app")
        add.add_argument("--type", required=True, help="BAP, BPP or BG (gateway)")
        add.add_argument("--key-id", required=True, help="unique_key_id, the middle part of its keyId")
        add.add_argument("--public-key", required=True, help="Ed25519 key, raw or DER, in base64")
        add.add_argument("--valid-from", metavar="ISO", help="first moment the key may be used")
        add.add_argument("--valid-until", metavar="ISO", help="last moment the key may be used")
        add.add_argument("--status", default=SubscriberStatus.SUBSCRIBED.value, help="default SUBSCRIBED")
        verbs.add_parser("list", help="all participants we know")
        retire = verbs.add_parser("retire", help="end one key of a participant, which has another one by now")
        retire.add_argument("id", help="subscriber id")
        retire.add_argument("--key-id", required=True, help="unique_key_id of the key that ends")
        retire.add_argument("--at", metavar="ISO", help="last moment the key may be used; default: now")
        disable = verbs.add_parser("disable", help="trust none of a participant's keys any more")
        disable.add_argument("id", help="subscriber id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        verbs = {"add": self.add, "list": self.list, "retire": self.retire, "disable": self.disable}
        verbs[options["verb"]](options)

    def add(self, options: dict[str, Any]) -> None:
        """Add or update one key."""
        try:
            row, new = subscribers.add(
                subscriber_id=options["id"], url=options["url"], type=options["type"].upper(),
                unique_key_id=options["key_id"], public_key=options["public_key"],
                valid_from=_moment("valid-from", options["valid_from"]),
                valid_until=_moment("valid-until", options["valid_until"]), status=options["status"].upper(),
            )
        except subscribers.BadSubscriber as error:
            raise CommandError(str(error)) from None
        done = "added" if new else "updated"
        self.stdout.write(f"{row.type} {row.subscriber_id} with key {row.unique_key_id} {done}: {row.status}")

    def list(self, options: dict[str, Any]) -> None:
        """One line for each key, columns aligned."""
        rows = [("SUBSCRIBER", "TYPE", "KEY", "STATUS", "VALID UNTIL", "FROM", "URL")]
        for row in Subscriber.objects.order_by("subscriber_id", "unique_key_id"):
            until = row.valid_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if row.valid_until else "-"
            source = "here" if row.local else "registry"
            rows.append((row.subscriber_id, row.type, row.unique_key_id, row.status, until, source, row.url))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for cells in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            self.stdout.write(line.rstrip())

    def retire(self, options: dict[str, Any]) -> None:
        """End one key; the others of the participant go on."""
        until = _moment("at", options["at"]) or timezone.now()
        key = subscribers.retire(options["id"], options["key_id"], valid_until=until)
        if key is None:
            raise CommandError(f"no key {options['key_id']} of {options['id']} is known")
        self.stdout.write(f"key {key.unique_key_id} of {key.subscriber_id} ends {until:%Y-%m-%dT%H:%M:%SZ}")

    def disable(self, options: dict[str, Any]) -> None:
        """End the trust in all keys of one participant; it bites within seconds, without a restart."""
        count = subscribers.disable(options["id"])
        if not count:
            raise CommandError(f"no participant {options['id']} is known")
        self.stdout.write(f"{options['id']} is disabled ({count} key{'s' if count > 1 else ''})")


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--{name} must be an ISO 8601 moment, as 2027-01-01T00:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
