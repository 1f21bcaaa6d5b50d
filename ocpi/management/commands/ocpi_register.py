"""Registers the eMSP at a CPO, or makes a token A for a CPO that starts. Source: design.md §4, §8."""

import sys
from typing import Any, NoReturn

from django.core import checks
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError

from emsp.core.errors import DomainError
from emsp.core.http import check_url
from emsp.core.log import mask_text
from ocpi.services import registration
from ocpi.services.registration import Step


class Command(BaseCommand):
    """Exit status 0 only when registered or invited; else 1 and one sentence on stderr."""

    help = (
        "Start the OCPI handshake with a CPO (--name, --versions-url, --token-a), "
        "or print a token A for a CPO that starts it (--name, --invite)."
    )

    requires_system_checks = []  # they say what is wrong in many lines, and before the address is looked at

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = self._fail  # type: ignore[method-assign]  # argparse would exit with 2
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="", help="our name for the CPO; a known one is registered anew")
        parser.add_argument("--versions-url", default="", help="the CPO's /versions address")
        parser.add_argument("--token-a", default="", help="the registration token that the CPO gave us")
        parser.add_argument("--invite", action="store_true", help="print a fresh token A as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["invite"]:
                self._check_settings()
                self._invite(options["name"])
            else:
                self._register(options["name"], options["versions_url"], options["token_a"])
        except DomainError as error:
            self._fail(str(error))
        except OperationalError:
            self._fail("the database does not answer: is DATABASE_URL right?")

    def _invite(self, name: str) -> None:
        token = registration.invite(name)
        self.stdout.write(f"Token A for {name.strip()}; it is shown only now:")
        self.stdout.write(token)

    def _register(self, name: str, versions_url: str, token_a: str) -> None:
        given = {"--name": name, "--versions-url": versions_url, "--token-a": token_a}
        missing = [option for option, value in given.items() if not value]
        if missing:
            self._fail(f"{', '.join(missing)} must be given, or --name and --invite")
        check_url(versions_url)
        self._check_settings()
        connection = registration.register(name, versions_url, token_a, report=self._report)
        parties = ", ".join(f"{party.country_code}-{party.party_id}" for party in connection.parties.all())
        self.stdout.write(f"Registered with {connection}: {parties}")

    def _check_settings(self) -> None:
        wrong = [found.msg for found in checks.run_checks() if found.is_serious() and not found.is_silenced()]
        if wrong:
            self._fail("; ".join(wrong))

    def _report(self, step: Step) -> None:
        sign = "ok " if step.ok else "NO "
        self.stdout.write(f"{sign} {step.name}: {' → '.join(filter(None, [step.request, step.outcome]))}")
        if step.hint:
            self.stdout.write(f"    hint: {step.hint}")

    def _fail(self, message: str) -> NoReturn:
        self.stderr.write(mask_text(message))
        sys.exit(1)
