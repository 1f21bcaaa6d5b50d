"""A PATCH must say when: last_updated is required (ocpi.md 1.9, T30)."""

from datetime import datetime
from typing import Any

from emsp.core.wire import WireError, moment_text
from ocpi.wire import scalars


def dated(patch: dict[str, Any], received_at: datetime, *, lenient: bool) -> dict[str, Any]:
    """patch with a last_updated that can be read.

    lenient: a missing one is taken as the time of receipt.
    Raises WireError when it is missing, null or no date.
    """
    given = patch.get("last_updated")
    if given is None and lenient:
        return patch | {"last_updated": moment_text(received_at, milliseconds=True)}
    if given is None:
        raise WireError("required, but missing", path="last_updated")
    try:
        scalars.moment(given)
    except ValueError as error:
        raise WireError(str(error), path="last_updated") from None
    return patch
