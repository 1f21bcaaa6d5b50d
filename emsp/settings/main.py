"""The settings of every process, read from the environment."""

from emsp.settings.backoffice import *  # noqa: F403
from emsp.settings.base import *  # noqa: F403
from emsp.settings.network import *  # noqa: F403
from emsp.settings.security import *  # noqa: F403
from emsp.settings.staff import *  # noqa: F403
