"""After each migrate the shipped roles are brought up to date."""

from typing import Any

from emsp.backoffice.roles import install


def on_migrated(using: str, **kwargs: Any) -> None:
    if using == "default":
        install.bring_up_to_date()
