"""`python -m emsp.demo`: run the demo.

`python -m emsp.demo reset` forgets its data, keys and ids. `python -m emsp.demo manage COMMAND...` runs a management
command beside the running demo, or beside PostgreSQL and Redis that are started for it. `python -m emsp.demo
during COMMAND...` starts a demo of its own, empty and elsewhere, for as long as the command runs; `apart COMMAND...`
does so with web and workers on two network namespaces, and needs root.
"""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from emsp.demo import apart, folder, supervisor
from emsp.demo.console import Console
from emsp.demo.errors import DemoError

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".demo"


def main() -> int:
    """Exit status: 0 after an orderly end, 1 after one line that says what was wrong."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to stop
    os.chdir(PROJECT)
    options = _parser().parse_args()
    console = Console()
    try:
        if options.action == "reset":
            folder.reset(FOLDER)
            return 0
        if options.action == "manage":
            return _manage(console, options.command)
        if options.action in ("during", "apart"):
            if is_apart := options.action == "apart":
                apart.enter()
            with tempfile.TemporaryDirectory(prefix="emsp-") as parent:
                return supervisor.during(Path(parent) / ".demo", console, options.command, is_apart=is_apart)
        return supervisor.run(FOLDER, console)
    except DemoError as error:
        console.say(f"demo: {error}")
    except PermissionError as error:
        console.say(f"demo: no permission for {error.filename}; was an earlier demo started by another user?")
    return 1


def _manage(console: Console, command: list[str]) -> int:
    if folder.is_occupied(FOLDER):
        os.execv(sys.executable, [sys.executable, "manage.py", *command])
    return supervisor.manage(FOLDER, console, command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m emsp.demo", description="The whole world on one machine."
    )
    actions = parser.add_subparsers(dest="action", metavar="reset|manage|during|apart")
    actions.add_parser("reset", help="forget data, keys and ids")
    manage = actions.add_parser("manage", help="run a management command")
    manage.add_argument("command", nargs=argparse.REMAINDER, help="as after manage.py")
    during = actions.add_parser("during", help="run a management command beside a demo made for it")
    during.add_argument("command", nargs=argparse.REMAINDER, help="as after manage.py")
    spread = actions.add_parser("apart", help="the same on network namespaces, as root")
    spread.add_argument("command", nargs=argparse.REMAINDER, help="as after manage.py")
    return parser


if __name__ == "__main__":
    sys.exit(main())
