"""Feed adapters: what one CPO sends, brought into the form of OCPI before it is checked and stored. Pure.

An adapter is for what a tolerant reader cannot tell from right data (T41), or what is no OCPI at all (T25, T47); it
stands in the settings of that CPO's connection. A new one is a function in a module of its own and a line in ADAPTERS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ocpi.feeds.foreign_lists import in_envelope
from ocpi.feeds.power_in_kw import power_in_w
from ocpi.feeds.undated_tariffs import without_dates


def _as_it_is(module: str, value: Any) -> Any:
    return value


def _no_envelope(body: Any, url: str) -> None:
    return None


@dataclass(frozen=True)
class Adapter:
    """label: for staff.

    translate: gets a module ("locations", "tariffs" …) and a value that came for it, in a list or in a push: an object,
    a part of one, or anything else. Gives the value in OCPI's form, the same where there is nothing to do; what was
    translated stays as it is when it comes again.
    in_envelope: gets the JSON of an answer that has no OCPI envelope, and its address. Gives the list in it and the
    address of the next page, None for the last; None for an answer that it does not know.
    """

    label: str
    translate: Callable[[str, Any], Any] = _as_it_is
    in_envelope: Callable[[Any, str], tuple[list[Any], str | None] | None] = _no_envelope


ADAPTERS: Mapping[str, Adapter] = {
    "": Adapter("none: it sends OCPI"),
    "foreign_lists": Adapter(
        "lists without an envelope: {items, next}, {locations}, Spring pages", in_envelope=in_envelope
    ),
    "power_in_kw": Adapter("max_electric_power in kW", translate=power_in_w),
    "undated_tariffs": Adapter("tariffs whose dates are over hold nevertheless", translate=without_dates),
}


def adapter(name: str) -> Adapter:
    """The adapter of this name; the one that changes nothing for a name that is no longer known."""
    return ADAPTERS.get(name, ADAPTERS[""])
