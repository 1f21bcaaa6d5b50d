"""Reads `.demo/env`, so that a command meets the running demo's database and keys. No Django here."""

import os
from pathlib import Path


def read_demo_environment(file: Path) -> None:
    """Set the names of `file` (NAME=value lines) that the environment does not set itself.

    A missing file is no error: without a demo the environment alone decides.
    Source: design.md §4, `.demo/env`.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator and not os.environ.get(name.strip()):
            os.environ[name.strip()] = value.strip()
