"""manage.py conformance cpo CC-PID | bap SUBSCRIBER_ID: examine a partner's platform."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emsp.core.wire import encode
from emsp.developer.conformance import runs
from emsp.developer.conformance.checks import Check
from emsp.developer.conformance.links import report_url
from emsp.developer.conformance.report import report_of
from emsp.developer.models import RunKind, RunState


class Command(BaseCommand):
    help = "Examine a partner's platform by harmless probes. Exits with 1 when a check fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[kind.value for kind in RunKind])
        parser.add_argument("target", help="CC-PID of an operator, subscriber id of an app")
        parser.add_argument("--with-commands", action="store_true", help="also start a charge (operators only)")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["with_commands"] and options["kind"] != RunKind.CPO:
            raise CommandError("--with-commands is for operators")
        try:
            run = runs.prepare(options["kind"], options["target"], with_commands=options["with_commands"])
        except runs.UnknownTarget as error:
            raise CommandError(str(error)) from None
        runs.carry_out(run, report=(lambda check: None) if options["json"] else self._report)
        if options["json"]:
            self.stdout.write(encode(report_of(run)).decode())
        elif run.state == RunState.BROKEN:
            raise CommandError(run.reason)
        else:
            self.stdout.write(f"{run.count('passed')} passed, {run.count('failed')} failed; {report_url(run)}")
        if not run.passed:
            sys.exit(1)

    def _report(self, check: Check) -> None:
        self.stdout.write(f"{check.verdict:<8} {check.title}: {check.row()['detail']}")
        for line in check.row()["problems"]:
            self.stdout.write(f"         {line}")
