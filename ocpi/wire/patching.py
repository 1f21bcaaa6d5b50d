"""PATCH: absent members stay, null empties an optional one, a list replaces a list. Pure.

Source: OCPI 2.2.1, transport_and_format; ocpi.md 1.9, T21.
"""

from typing import Any

from emsp.core.wire import Wire, WireError
from ocpi.wire.reading import Finding, read_members, required_names


def patched(
    stored: dict[str, Any], patch: dict[str, Any], wanted: type[Wire], *, keep: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The stored object with the members of patch in place. Neither argument is changed.

    keep: members that a PATCH may repeat but not change, such as ids; those in patch are passed over.
    A wrong optional member is left out of the patch: the stored one stays.
    Raises WireError when a required member is null or wrong.
    """
    findings: list[Finding] = []
    readable = read_members(patch, wanted, findings)
    wrong = {finding.path.partition(".")[0].partition("[")[0] for finding in findings} - set(readable)
    result = dict(stored)
    for name, value in patch.items():
        if name in keep or name in wrong:
            continue
        if value is not None:
            result[name] = value
        elif name in required_names(wanted):
            raise WireError("required, must not be null", path=name)
        else:
            result.pop(name, None)
    return result
