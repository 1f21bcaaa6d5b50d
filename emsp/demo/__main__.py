"""`python -m emsp.demo`: run the demo; `python -m emsp.demo reset`: forget its data, keys and ids."""

import argparse
import signal
import sys
from pathlib import Path

from emsp.demo.console import Console
from emsp.demo.errors import DemoError
from emsp.demo.folder import reset
from emsp.demo.supervisor import run

FOLDER = Path(__file__).resolve().parents[2] / ".demo"


def main() -> int:
    """Exit status: 0 after an orderly end, 1 after one line that says what was wrong."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to stop
    parser = argparse.ArgumentParser(prog="python -m emsp.demo", description=__doc__)
    parser.add_argument("action", nargs="?", choices=["run", "reset"], default="run")
    action = parser.parse_args().action
    console = Console()
    try:
        if action == "reset":
            reset(FOLDER)
            return 0
        return run(FOLDER, console)
    except DemoError as error:
        console.say(f"demo: {error}")
    except PermissionError as error:
        console.say(f"demo: no permission for {error.filename}; was an earlier demo started by another user?")
    return 1


if __name__ == "__main__":
    sys.exit(main())
