#!/usr/bin/env python
"""Command line of the eMSP. Beside a running demo it meets the demo's database and keys by itself."""

import os
import sys
from pathlib import Path

from emsp.core.environment import read_demo_environment


def main() -> None:
    read_demo_environment(Path(__file__).resolve().parent / ".demo" / "env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emsp.settings.main")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
