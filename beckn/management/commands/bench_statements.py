"""manage.py bench_statements: the statements of one search and one push; only for the database that `bench` makes."""

import json
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from beckn.tasks import answer_look_up
from emsp.bench.bap import Callbacks, Sender
from emsp.bench.statements import Door, counter
from emsp.core import resident
from emsp.wsgi import application


class Command(BaseCommand):
    help = "Sends a search and a push through the doors of this process, and prints the statements that each took as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASES["default"]["NAME"] != "emsp_bench":
            raise CommandError("this is not the database of a measurement")
        self.stdout.write(json.dumps(count(json.load(sys.stdin))))


def count(task: dict[str, Any]) -> dict[str, int]:
    """Statements until the ACK of a search, of the worker that answers it, and of a push that changes a status.

    task: as for emsp.bench.bap, with the "uri" to which callbacks go. The second of each is counted: what a process looks
    up once has been looked up then. No worker may run beside.
    """
    sender = Sender(task, Callbacks(), task["uri"], 0, Door(application))
    found: dict[str, int] = {}
    with counter() as counted:
        for status in ("CHARGING", "BLOCKED"):
            found["ACK"] = counted.during(sender.ack)
            connection.ensure_connection()  # a thread of a worker keeps its own
            found["worker"] = counted.during(_answer)
            found["push"] = counted.during(partial(sender.push, status))
    return found


def _answer() -> None:
    if not resident.answer_one(answer_look_up):
        raise CommandError("no search was handed over")
