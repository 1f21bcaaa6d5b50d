"""All harnesses, with their share of the inputs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from tests.fuzz import decoders_beckn, decoders_ocpi, doors, stores
from tests.fuzz.harness import Act, Harness


def pure(decode: Callable[[bytes], bool]) -> Callable[[], AbstractContextManager[Act]]:
    """An act of a decoder that needs nothing around it."""

    def act(sources: Sequence[bytes]) -> int:
        return sum(decode(source) for source in sources)

    @contextmanager
    def opened() -> Iterator[Act]:
        yield act

    return opened


HARNESSES: tuple[Harness, ...] = (
    Harness("beckn requests", 12, pure(decoders_beckn.request)),
    Harness("beckn bodies", 4, pure(decoders_beckn.body)),
    Harness("beckn signatures", 4, pure(decoders_beckn.signature)),
    Harness("beckn keys, registry", 4, pure(decoders_beckn.key)),
    Harness("beckn scalars", 4, pure(decoders_beckn.scalar)),
    Harness("payment notices", 3, pure(decoders_beckn.notification)),
    Harness("ocpi locations", 8, pure(decoders_ocpi.location)),
    Harness("ocpi evses", 6, pure(decoders_ocpi.evse)),
    Harness("ocpi tariffs, priced", 10, pure(decoders_ocpi.tariff)),
    Harness("ocpi sessions", 6, pure(decoders_ocpi.session)),
    Harness("ocpi cdrs, priced", 8, pure(decoders_ocpi.cdr)),
    Harness("ocpi patches", 6, pure(decoders_ocpi.patch)),
    Harness("ocpi credentials", 4, pure(decoders_ocpi.credentials)),
    Harness("ocpi answers", 4, pure(decoders_ocpi.answer)),
    Harness("ocpi pages", 3, pure(decoders_ocpi.page)),
    Harness("ocpi headers", 4, pure(decoders_ocpi.headers_and_addresses)),
    Harness("ocpi content", 4, pure(decoders_ocpi.content)),
    Harness("ocpi feeds", 4, pure(decoders_ocpi.feed)),
    Harness("ocpi foreign lists", 3, pure(decoders_ocpi.foreign_list)),
    *(Harness(f"store {name}", 2, stores.storing(name), guided=False, at_once=40) for name in stores.STORES),
    Harness("beckn door", 1, doors.beckn_door, guided=False),
    Harness("ocpi door", 1, doors.ocpi_door, guided=False),
    Harness("pages", 1, doors.pages, guided=False),
)
