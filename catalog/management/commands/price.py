"""`manage.py price`: prices sessions from files, without a database."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from catalog.pricing import STEP_MODES, Amount, Priced, StepMode, TariffError, price_case
from catalog.pricing.taxes import side_words
from catalog.pricing.wording import money_text
from emsp.core.wire import WireError, load_json

EXAMPLE = """\
example: price.json

    {"id": "two-kwh", "ocpi_version": "2.2.1", "time_zone": "Europe/Amsterdam",
     "tariff": {"currency": "EUR", "elements": [{"price_components": [
        {"type": "ENERGY", "price": 0.30, "vat": 21, "step_size": 1000}]}]},
     "charging_periods": [{"start_date_time": "2026-03-02T09:00:00Z",
                           "dimensions": [{"type": "ENERGY", "volume": 1.4}]}]}

    manage.py price price.json            the costs as JSON, amounts as text with 2 to 4 decimals
    manage.py price --text price.json     the same for people

In place of charging_periods a case may have facts; the periods are then found from the tariff:

    "facts": {"segments": [{"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z",
                            "activity": "CHARGING", "kwh": 1.4}]}

Further members of a case: step_mode, end_date_time, reservation_expired. An amount that the tariff does
not tell (tax, in OCPI 2.1.1 and 2.3.0) is null.
"""

PARTS = ("energy", "time", "parking", "reservation", "fixed", "total")


class _HelpFormatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Django's help with the example left as it is written."""


class Command(BaseCommand):
    """Prints the cost of each case of the files; see `--help`."""

    help = "Price charging sessions by OCPI tariffs, from files. Needs no database and no network."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = _HelpFormatter
        parser.epilog = EXAMPLE
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help='JSON: one case, or {"cases": [...]}; several files give one array',
        )
        parser.add_argument("--text", action="store_true", help="print sentences in place of JSON")
        parser.add_argument(
            "--step-mode",
            choices=STEP_MODES,
            help="how step_size rounds time, whatever the cases say: last_dimension (OCPI 2.2.1 today, 2.3.0), "
            "combined_time (2.2 and the first 2.2.1) or none",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        files = [(name, _read(name)) for name in options["files"]]
        priced = [
            (case.get("id"), _priced(case, f"{name}: {label}", options["step_mode"]))
            for name, document in files
            for label, case in _cases(name, document)
        ]
        if options["text"]:
            self.stdout.write("\n\n".join(_text(*result) for result in priced))
            return
        costs: Any = [{"id": case_id, **result.as_dict()} for case_id, result in priced]
        if len(files) == 1 and _is_case(files[0][1]):
            costs = costs[0]
        self.stdout.write(json.dumps(costs, indent=2, ensure_ascii=False, default=str))


def _read(name: str) -> Any:
    try:
        return load_json(Path(name).read_bytes())
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}.") from None
    except WireError as error:
        raise CommandError(f"{name}: {error.reason}.") from None


def _is_case(document: Any) -> bool:
    return not isinstance(document, list) and "cases" not in document


def _cases(name: str, document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The cases of a file, each with what an error calls it."""
    if not isinstance(document, (dict, list)):
        raise CommandError(f"{name}: a JSON object is needed.")
    listed = [document] if _is_case(document) else document
    if isinstance(listed, dict):
        listed = listed["cases"]
    if not isinstance(listed, list):
        raise CommandError(f"{name}: cases: a list is needed.")
    for place, case in enumerate(listed):
        if not isinstance(case, dict):
            raise CommandError(f"{name}: cases[{place}]: an object is needed.")
        case_id = case.get("id")
        yield f"cases[{place}]" if case_id is None else f"case {str(case_id)[:80]!r}", case


def _priced(case: dict[str, Any], where: str, step_mode: StepMode | None) -> Priced:
    try:
        return price_case(case, step_mode=step_mode)
    except TariffError as error:
        raise CommandError(f"{where}: {error}.") from None


def _text(case_id: Any, priced: Priced) -> str:
    names = side_words(priced.ocpi_version)
    lines = [f"{'case' if case_id is None else case_id} ({priced.currency})"]
    lines.append(f"  {'':12}" + "".join(f"{name:>14}" for name in names))
    for part in PARTS:
        amount: Amount = getattr(priced, part)
        sides = (amount.excl_vat, amount.incl_vat)
        texts = ("unknown" if side is None else money_text(side) for side in sides)
        lines.append(f"  {part:12}" + "".join(f"{text:>14}" for text in texts))
    return "\n".join([*lines, "", *(f"  {sentence}" for sentence in priced.explanation)])
