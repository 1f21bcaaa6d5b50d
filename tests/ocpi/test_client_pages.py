"""Lists are read to their end, whatever their headers say (ocpi.md 1.8, T10-T15, checklist 88, 92)."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from ocpi.client import PeerError, pages
from ocpi.client.pages import Crawl

URL = "https://cpo.example/locations"
LIMIT = 2


class Peer:
    """A list served in pages; headers are written by `head(offset, page)`, faults come first."""

    def __init__(self, count, head=None, *, beyond=None, size=LIMIT, faults=()):
        self.objects = [{"id": str(n)} for n in range(count)]
        self.head, self.beyond, self.size = head or (lambda offset, page: {}), beyond, size
        self.faults = list(faults)
        self.asked, self.waits = [], []

    def fetch(self, url):
        self.asked.append(url)
        if self.faults and (fault := self.faults.pop(0)):
            raise fault
        query = dict(parse_qsl(urlsplit(url).query))
        offset = int(query.get("offset", 0))
        if offset >= len(self.objects) and self.beyond is not None:
            return self.beyond()
        page = self.objects[offset : offset + min(self.size, int(query["limit"]))]
        return page, self.head(offset, page)

    def read(self, limit=LIMIT):
        crawl = Crawl(self.fetch, URL, limit=limit, sleep=self.waits.append)
        return [[entry["id"] for entry in page.objects] for page in crawl]


def link(offset, rel='rel="next"', host="https://cpo.example"):
    return {"Link": f"<{host}/locations?limit={LIMIT}&offset={offset}>; {rel}"}


def with_links(count, **more):
    """Headers as OCPI wants them."""

    def head(offset, page):
        following = offset + len(page)
        total = {"X-Total-Count": str(count), "X-Limit": str(LIMIT)}
        return total | (link(following, **more) if following < count else {})

    return head


def test_links_are_followed_to_the_last_page():
    peer = Peer(5, with_links(5))

    assert peer.read() == [["0", "1"], ["2", "3"], ["4"]]
    assert peer.asked == [f"{URL}?limit=2", f"{URL}?limit=2&offset=2", f"{URL}?limit=2&offset=4"]


def test_pages_are_numbered_and_say_how_many_objects_there_are():
    found = list(Crawl(Peer(3, with_links(3)).fetch, URL, limit=2))

    assert [(page.number, page.total) for page in found] == [(1, 3), (2, 3)]


def test_the_host_in_a_link_is_not_called():
    peer = Peer(5, with_links(5, host="http://internal:8080"))

    assert peer.read() == [["0", "1"], ["2", "3"], ["4"]]
    assert {urlsplit(url)[:2] for url in peer.asked} == {("https", "cpo.example")}


@pytest.mark.parametrize(
    "head",
    [
        lambda offset, page: {},
        lambda offset, page: {"Link": ""},
        lambda offset, page: {"Link": '<https://[internal/x>; rel="next"'},
        lambda offset, page: {"X-Limit": "0"},
        lambda offset, page: {"X-Total-Count": "5"},
        lambda offset, page: {"X-Total-Count": "5", "X-Limit": "2", "Link": '<https://api>; rel="https://api.w.org/"'},
        lambda offset, page: {"X-Total-Count": str(len(page))},
        lambda offset, page: {"X-Total-Count": "2", "X-Limit": "2"},
    ],
)
def test_without_a_usable_link_the_list_goes_on_by_offset(head):
    assert Peer(5, head).read() == [["0", "1"], ["2", "3"], ["4"]]


def test_a_page_shorter_than_asked_for_is_the_last_when_the_peer_says_its_limit():
    peer = Peer(1, lambda offset, page: {"X-Limit": "2"})

    assert peer.read() == [["0"]]
    assert len(peer.asked) == 1


def test_a_total_that_is_reached_ends_the_list():
    peer = Peer(4, lambda offset, page: {"X-Total-Count": "4", "X-Limit": "2"})

    assert peer.read() == [["0", "1"], ["2", "3"]]
    assert len(peer.asked) == 2


def test_a_peer_with_smaller_pages_than_asked_for_is_read_to_its_end():
    peer = Peer(5, lambda offset, page: {"X-Total-Count": "5"}, size=2)

    assert peer.read(limit=100) == [["0", "1"], ["2", "3"], ["4"]]


def test_a_link_to_the_same_page_is_no_loop_and_loses_nothing():
    peer = Peer(5, lambda offset, page: link(offset))

    assert peer.read() == [["0", "1"], ["2", "3"], ["4"]]
    assert len(peer.asked) == 5


def test_a_peer_that_ignores_offset_is_read_once():
    peer = Peer(5)
    peer.fetch, asked = lambda url: (asked.append(url) or (peer.objects[:2], {})), []

    assert peer.read() == [["0", "1"]]
    assert len(asked) == 2


@pytest.mark.parametrize(
    "beyond",
    [
        PeerError("HTTP 404", status=404, sent=True),
        PeerError("HTTP 400", status=400, code=2001, sent=True),
        PeerError("status_code 2001", status=200, code=2001, sent=True),
    ],
)
def test_an_offset_beyond_the_end_is_the_end_and_no_error(beyond):
    def refuse():
        raise beyond

    assert Peer(4, beyond=refuse).read() == [["0", "1"], ["2", "3"]]


def test_a_404_is_an_error_while_objects_are_missing():
    missing = PeerError("HTTP 404", status=404, sent=True)
    peer = Peer(5, with_links(5), faults=[None, missing])

    with pytest.raises(PeerError, match="HTTP 404"):
        peer.read()


def test_an_empty_list_is_read_with_one_request():
    peer = Peer(0, with_links(0))

    (page,) = Crawl(peer.fetch, URL, limit=LIMIT)

    assert (page.objects, page.number, page.total) == ([], 1, 0)
    assert len(peer.asked) == 1


def test_a_page_that_fails_is_asked_for_again_where_it_was():
    faults = [
        None,
        PeerError("HTTP 429", status=429, sent=True, retry_after_s=7.0),
        PeerError("its answer is not JSON", status=200, sent=True, transient=True),
        None,
        PeerError("HTTP 500", status=500, sent=True),
    ]
    peer = Peer(5, with_links(5), faults=faults)

    assert peer.read() == [["0", "1"], ["2", "3"], ["4"]]
    assert [url.rpartition("=")[2] for url in peer.asked] == ["2", "2", "2", "2", "4", "4"]
    assert peer.waits == [7.0, 4.0, 1.0]


def test_a_wait_has_its_limit():
    faults = [PeerError("HTTP 429", status=429, sent=True, retry_after_s=86_400.0)]
    peer = Peer(1, with_links(1), faults=faults)

    assert peer.read() == [["0"]]
    assert peer.waits == [60.0]


def test_a_page_that_fails_three_times_ends_the_crawl():
    broken = PeerError("HTTP 500", status=500, sent=True)
    peer = Peer(5, with_links(5), faults=[None, broken, broken, broken])

    with pytest.raises(PeerError, match="HTTP 500"):
        peer.read()

    assert len(peer.asked) == 4


def test_a_refusal_is_not_repeated():
    peer = Peer(5, faults=[PeerError("HTTP 401", status=401, sent=True)])

    with pytest.raises(PeerError, match="HTTP 401"):
        peer.read()

    assert (len(peer.asked), peer.waits) == (1, [])


def test_objects_that_slid_forward_are_not_missed():
    peer = Peer(6)

    def head(offset, page):
        if offset == 0:
            del peer.objects[0]  # after the first page was cut
            return with_links(6)(offset, page)
        return with_links(5)(offset, page)

    peer.head = head

    assert peer.read() == [["0", "1"], ["2", "3"], ["4", "5"]]


def test_something_that_is_no_list_is_an_error():
    with pytest.raises(PeerError, match="not a list"):
        list(Crawl(lambda url: ({"items": []}, {}), URL, limit=2))


def test_a_list_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(pages, "MAX_PAGES", 3)

    with pytest.raises(PeerError, match="more than 3 pages"):
        Peer(100, with_links(100)).read()
