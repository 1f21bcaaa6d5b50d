"""Reading a paged list to its end, whatever the peer does with Link, X-Total-Count and X-Limit.

Source: OCPI 2.2.1 transport_and_format, pagination; ocpi.md 1.8, traps T10-T15. One page is held at a time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emsp.core.wire import encode
from ocpi.client.errors import PeerError
from ocpi.client.links import link_to, next_link, on_host_of, parameter, with_parameters

MAX_PAGES = 20_000
TRIES = 3
BACK_OFF_S = (1.0, 4.0)
MAX_WAIT_S = 60.0

Fetch = Callable[[str], tuple[Any, Mapping[str, str]]]
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Page:
    """One page. number counts from 1; total: X-Total-Count, None when there is none or it cannot be right.

    Only the first page can be without objects.
    """

    objects: list[Any]
    number: int
    total: int | None


@dataclass(frozen=True)
class _Read:
    """A page as it came, with what its headers say."""

    url: str
    objects: list[Any]
    link: str | None
    total: int | None
    limit: int | None
    last: bool

    @property
    def fingerprint(self) -> int:
        return hash(encode(self.objects))


class Crawl:
    """One pass over a list. fetch gives data and headers of an address and raises PeerError.

    sleep: how to wait before a page is asked for again; tests give one that does not.
    """

    def __init__(self, fetch: Fetch, url: str, *, limit: int, sleep: Sleep = time.sleep) -> None:
        self._fetch, self._sleep = fetch, sleep
        self._url, self._limit = with_parameters(url, limit=limit), limit
        self._position = 0  # objects read so far, as offset of the next one
        self._asked = {hash(self._url)}
        self._total: int | None = None

    def __iter__(self) -> Iterator[Page]:
        """The pages in order. Raises PeerError when one cannot be read; the list is not complete then."""
        number, url, by_offset = 0, self._url, False
        last: int | None = None
        while True:
            read = self._read(url, end_allowed=by_offset or (number > 0 and not self._more_counted()))
            if read is None or (number and not read.objects):
                return
            if read.fingerprint == last:  # Link or offset led to the same page again
                following = None if by_offset else self._by_offset()
            else:
                read = self._slid_back(read)
                last, number = read.fingerprint, number + 1
                self._count(read)
                yield Page(read.objects, number, self._total)
                following = self._by_link(read) or (self._by_offset() if self._unfinished(read) else None)
            if following is None or not read.objects:
                return
            if number >= MAX_PAGES:
                raise PeerError(f"the list has more than {MAX_PAGES} pages", sent=True)
            url, by_offset = following, following != read.link
            self._asked.add(hash(url))

    def _read(self, url: str, *, end_allowed: bool = False) -> _Read | None:
        """One page, asked for up to three times; None when the peer says that the list ends before it."""
        for attempt in range(TRIES):
            try:
                data, headers = self._fetch(url)
            except PeerError as error:
                if end_allowed and _beyond_the_end(error):
                    return None
                if not error.transient or attempt == TRIES - 1:
                    raise
                wait_s = BACK_OFF_S[attempt] if error.retry_after_s is None else error.retry_after_s
                self._sleep(min(wait_s, MAX_WAIT_S))
                continue
            return self._with_headers(url, data, headers)
        raise AssertionError("the last attempt returns or raises")

    def _with_headers(self, url: str, data: Any, headers: Mapping[str, str]) -> _Read:
        if data is None:
            data = []
        if not isinstance(data, list):
            raise PeerError("its answer is not a list", sent=True)
        link, last = next_link(headers.get("Link")), link_to(headers.get("Link"), "last")
        return _Read(
            url, data, on_host_of(url, link) if link else None,
            _count(headers.get("X-Total-Count"), least=0), _count(headers.get("X-Limit"), least=1),
            last is not None and link is None and on_host_of(url, last) == url,
        )

    def _slid_back(self, read: _Read) -> _Read:
        """The page from further ahead, when objects before it left the list meanwhile (ocpi.md 1.8)."""
        offset = _count(parameter(read.url, "offset"), least=1)
        if offset is None or read.total is None or self._total is None:
            return read
        fell = self._total - read.total
        if fell <= 0 or read.total < offset + len(read.objects):
            return read
        return self._read(with_parameters(read.url, offset=max(0, offset - fell))) or read

    def _count(self, read: _Read) -> None:
        offset = _count(parameter(read.url, "offset"), least=0)
        self._position = (self._position if offset is None else offset) + len(read.objects)
        self._total = read.total if read.total is not None and read.total >= self._position else None

    def _by_link(self, read: _Read) -> str | None:
        """The address in the Link; None when there is none or it was followed before."""
        return read.link if read.link and hash(read.link) not in self._asked else None

    def _by_offset(self) -> str | None:
        following = with_parameters(self._url, offset=self._position)
        return following if hash(following) not in self._asked else None

    def _more_counted(self) -> bool:
        return self._total is not None and self._position < self._total

    def _unfinished(self, read: _Read) -> bool:
        """True when there may be more though no usable Link says so.

        A page that says it is the last one is. A total that equals the first page's length may count that page
        only (T11); one request tells.
        """
        if read.last:
            return False
        size = min(self._limit, read.limit or self._limit)
        full = len(read.objects) >= size
        if self._more_counted():
            return True
        counted = self._total is not None and self._position > len(read.objects)
        told = read.limit is not None or self._total is not None
        return not counted and (full or not told or read.link is not None)


def _beyond_the_end(error: PeerError) -> bool:
    """T15: an offset past the last object is 404, 400 or a 2xxx; none of them is a failure."""
    return error.status in (400, 404, 416) or (error.status == 200 and error.code in range(2000, 3000))


def _count(text: str | None, *, least: int) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 and int(text) >= least else None
