"""Where the reference fixtures lie, when they lie beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def shared_path(relative: str) -> Path:
    """A path below ../shared; skips the test when it is not there."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"the reference fixtures are not beside the project: ../shared/{relative}")
    return path


def fixture(relative: str) -> Any:
    """A JSON file below ../shared/reference/fixtures; skips the test when it is not there."""
    return json.loads(shared_path(f"reference/fixtures/{relative}").read_text(encoding="utf-8"))
