"""How the interpreter was built: without optimizations, as version managers build it, it takes half as long again.

python emsp/bench/interpreter.py    exit status 0 when it has them and can make virtual environments (deploy/venv)
"""

import platform
import sys
import sysconfig


def optimized() -> bool:
    """Whether it was built with profile-guided optimization, by what it tells; those of Linux distributions are."""
    return sys.base_prefix == "/usr" or "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))


def described() -> str:
    """Version and build, in words."""
    build = "with optimizations" if optimized() else "without optimizations: figures are lower than they need be"
    return f"Python {platform.python_version()}, built {build}"


if __name__ == "__main__":
    import ensurepip  # noqa: F401
    import venv  # noqa: F401

    sys.exit(not optimized())
