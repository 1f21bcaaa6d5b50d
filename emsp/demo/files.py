"""Files of `.demo/` that hold secrets: mode 600 from the first byte, and never half written."""

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Replace `file` by `text` in one step; only its owner may read it."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)
