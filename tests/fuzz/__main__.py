"""The long run over all harnesses: python -m tests.fuzz. `make fuzz` calls it."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tqdm import tqdm

HEADING = "harness                   inputs  accepted   per s slowest s  MB warm    end   peak  found"
TELLS = """Spoils valid messages of Beckn and OCPI member by member (types, numbers and dates without end, nesting, NUL,
half surrogate pairs, members twice, bytes that are not UTF-8) and feeds them to every decoder, to the database and to the
doors.

What must hold: only documented refusals come out; what is accepted can be stored and priced; no answer of 500 and above;
no input takes more than two seconds of CPU time; memory stays where it was after the warm-up. Exit status 1 when one of
these does not hold.

Decoders are steered by coverage (atheris), where it is installed; stores and doors draw at random. Each harness is a process
of its own. PostgreSQL is started for the run, unless DATABASE_URL names one, where a test database is made and dropped.

  make fuzz INPUTS=1000000 SEED=1
  python -m tests.fuzz --inputs 20000 --only "ocpi cdrs"
  python -m tests.fuzz --replay "ocpi cdrs, priced" 00ff12...   # one input of a finding again, with its traceback
"""


def main() -> int:
    """Exit status: 0 when nothing was found."""
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emsp.settings.test")
    with _database():
        if options.replay:
            return _replay(*options.replay)
        results = []
        tqdm.write(HEADING)
        for row in _run(options.inputs, options.seed, options.only):
            _tell(row)
            results.append(row)
    inputs, findings = sum(row["inputs"] for row in results), sum(len(row["findings"]) for row in results)
    tqdm.write(f"{inputs} inputs, {findings} findings")
    if options.json:
        told = {"seed": options.seed, "inputs": inputs, "harnesses": results}
        options.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return int(any(row["findings"] or row["grew"] for row in results))


def _options() -> Any:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=TELLS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of all harnesses together (default 1000000)")
    parser.add_argument("--seed", type=int, default=1, help="of the inputs (default 1)")
    parser.add_argument("--only", default="", metavar="TEXT", help="harnesses with this text in their name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report to this file as well")
    parser.add_argument("--replay", nargs=2, metavar=("NAME", "HEX"), help="run one input of a finding again")
    return parser.parse_args()


@contextmanager
def _database() -> Iterator[None]:
    """DATABASE_URL names a test database with all tables."""
    import tests.services  # noqa: F401 (starts PostgreSQL when DATABASE_URL is unset)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emsp.settings.test")
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    name = connection.settings_dict["NAME"]
    connection.close()
    os.environ["DATABASE_URL"] = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def _run(inputs: int, seed: int, only: str) -> Iterator[dict[str, Any]]:
    """The result of each harness as soon as it is there."""
    from tests.fuzz.harnesses import HARNESSES

    wanted = [each for each in HARNESSES if only in each.name]
    weights = sum(each.weight for each in wanted)
    with tqdm(total=inputs, unit="input", unit_scale=True, disable=None) as bar, tempfile.TemporaryDirectory() as folder:
        for each in wanted:
            bar.set_description(f"{each.name:<22}")
            report = Path(folder) / "report.json"
            report.unlink(missing_ok=True)
            share = max(inputs * each.weight // weights, 1)
            yield _one(each.name, share, seed, report, bar)


def _one(name: str, inputs: int, seed: int, report: Path, bar: Any) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.fuzz.run_one", name, "--inputs", str(inputs), "--seed", str(seed),
               "--report", str(report)]  # fmt: skip
    quiet = os.environ | {"LOG_LEVEL": "CRITICAL"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as told:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True, env=quiet) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip().isdigit():
                    bar.update(int(line))
        told.seek(0)
        errors = told.read()
    if report.exists():
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found
    what = f"the process ended with {process.returncode}: {errors[-2000:]}"
    return _no_result(name) | {"findings": [{"what": what, "where": "the process", "first": "", "times": 1}]}


def _no_result(name: str) -> dict[str, Any]:
    from dataclasses import asdict

    from tests.fuzz.run_one import Result

    return asdict(Result(name, guided=False))


def _tell(row: dict[str, Any]) -> None:
    rate = row["inputs"] / row["seconds"] if row["seconds"] else 0
    tqdm.write(
        f"{row['name']:<22} {row['inputs']:>9} {row['accepted']:>9} {rate:>7.0f} {row['slowest_s']:>9.3f} "
        f"{row['warm_mb']:>8.0f} {row['end_mb']:>6.0f} {row['peak_mb']:>6.0f}  {len(row['findings']) or 'nothing'}"
    )
    for found in row["findings"]:
        tqdm.write(f"    {found['times']} x {found['where']} {found['what']}")
        tqdm.write(f"      --replay '{row['name']}' {found['first']}")
    for line in row["grew"]:
        tqdm.write(f"    grew: {line}")
    sys.stdout.flush()


def _replay(name: str, source: str) -> int:
    from tests.fuzz.harnesses import HARNESSES

    harness = next(each for each in HARNESSES if each.name == name)
    with harness.opened() as act:
        sys.stdout.write(f"accepted: {act([bytes.fromhex(source)])}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
