"""Celery's scheduler for a container: without a file of its own, and with a sign of life for the health check.

`celery -A emsp beat -S deploy.beat:Heartbeat`. Our schedule is intervals of seconds, which need no memory.
"""

from pathlib import Path
from typing import Any

from celery.beat import Scheduler

SIGN_OF_LIFE = Path("/tmp/beat")


class Heartbeat(Scheduler):
    """Touches SIGN_OF_LIFE whenever it looks for due tasks, once a second."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; the sign is given only when that went well. Returns seconds until the next."""
        delay_s: float = super().tick(*args, **kwargs)
        SIGN_OF_LIFE.touch()
        return delay_s
