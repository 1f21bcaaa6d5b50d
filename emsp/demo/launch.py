"""Becomes a child of the demo: `launch.py PARENT SIGNAL USER COMMAND...`.

A program of its own, without the packages: Python run in the supervisor between fork and exec would be
unsafe, because the supervisor has threads.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def become(user: str) -> None:
    """Drop root for an ordinary user: PostgreSQL refuses to run as root."""
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def end_with_parent(parent: int, number: int) -> None:
    """Have the kernel send us signal `number` when the supervisor is gone, however it went (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Set up this process, then run the command in its place."""
    parent, number, user, *command = arguments
    if user:
        become(user)
    end_with_parent(int(parent), int(number))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would pass that on
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
