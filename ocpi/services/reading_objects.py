"""Objects as CPOs hand them over, in a page or in a push: the owner checked, read, or refused by name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from emsp.core.wire import WireError
from ocpi.models import Party
from ocpi.services.ownership import check_owner, id_of
from ocpi.services.refusals import InvalidObject, Refusal
from ocpi.services.reports import StoreReport


class Dated(Protocol):
    """Something that is found by a key and was changed at a moment."""

    @property
    def key(self) -> str: ...

    @property
    def last_updated(self) -> datetime: ...


T = TypeVar("T")
D = TypeVar("D", bound=Dated)


def readable(
    party: Party, objects: Sequence[Any], read: Callable[[Any], T], report: StoreReport
) -> Iterator[T]:
    """Those of a page that `read` takes; the report names the others. One bad object loses only itself."""
    for given in objects:
        try:
            check_owner(party, given)
            found = read(given)
        except WireError as error:
            report.rejected.append(Refusal(id_of(given), error.reason, error.path))
        else:
            yield found


def newest(found: Iterable[D]) -> dict[str, D]:
    """By key; of those that a page has more than once, the one changed last, of equals the later one."""
    fresh: dict[str, D] = {}
    for one in found:
        if one.key not in fresh or fresh[one.key].last_updated <= one.last_updated:
            fresh[one.key] = one
    return fresh


@contextmanager
def naming_the_member() -> Iterator[None]:
    """What cannot be read inside is refused: InvalidObject, with the path of the member."""
    try:
        yield
    except WireError as error:
        raise InvalidObject.of(error) from None


def read_pushed(party: Party, given: Any, read: Callable[[Any], T]) -> T:
    """A pushed object of this party. Raises InvalidObject naming the member."""
    with naming_the_member():
        check_owner(party, given)
        return read(given)


def whole(read: Callable[[Any, list[WireError]], T], given: Any) -> T:
    """An object with all its parts. Raises the WireError of the first part that cannot be read."""
    lost: list[WireError] = []
    node = read(given, lost)
    if lost:
        raise lost[0]
    return node
