"""Makes an empty PostgreSQL cluster in place of DIRECTORY: `python -m emsp.demo.cluster DIRECTORY`."""

import logging
import shutil
import sys
from pathlib import Path
from typing import Any

from emsp.demo.embedded import postgresql_at


def make_cluster(directory: Path) -> None:
    """initdb in `directory`, as ourselves, or as a user made for it when we are root."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    server: Any = postgresql_at(directory)
    server.ensure_pgdata_inited()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    make_cluster(Path(sys.argv[1]))
