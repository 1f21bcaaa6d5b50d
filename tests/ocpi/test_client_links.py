"""Link headers of paged lists (RFC 8288, T10)."""

import pytest

from ocpi.client.links import next_link, on_host_of, parameter, with_parameters

PAGE = "https://cpo.example/ocpi/locations?offset=2&limit=2"


@pytest.mark.parametrize(
    "header",
    [
        f'<{PAGE}>; rel="next"',
        f"<{PAGE}>; rel=next",
        f"<{PAGE}>;rel=next",
        f'<{PAGE}> ; REL = "NEXT"',
        f'<{PAGE}>; title="a, b; c"; rel="next"',
        f'<{PAGE}>; rel="last next"',
        f'<https://cpo.example/wp-json/>; rel="https://api.w.org/", <{PAGE}>; rel="next"',
        f'<https://cpo.example/a>; rel=prev,<{PAGE}>;rel=next',
        f'<{PAGE}>; rel="next", <https://cpo.example/x>; rel="next"',
    ],
)
def test_the_next_page_is_found_however_the_header_is_written(header):
    assert next_link(header) == PAGE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "  ",
        '<https://cpo.example/wp-json/>; rel="https://api.w.org/"',
        f'<{PAGE}>; rel="prev"',
        f"<{PAGE}>",
        '<>; rel="next"',
        f'<{PAGE}>; rel="prev"; rel="next"',
        f'<{PAGE}>; title="rel=next"',
        "next",
    ],
)
def test_a_header_without_next_page_gives_none(header):
    assert next_link(header) is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://internal:8080/ocpi/x?offset=2", "https://cpo.example/ocpi/x?offset=2"),
        ("https://evil.example/steal?offset=2#here", "https://cpo.example/steal?offset=2"),
        ("?offset=2", "https://cpo.example/ocpi/locations?offset=2"),
        ("/ocpi/y?offset=2", "https://cpo.example/ocpi/y?offset=2"),
        ("//evil.example/z", "https://cpo.example/z"),
        ("https://[evil/z", None),
    ],
)
def test_the_next_page_is_asked_for_at_the_host_of_the_module(target, expected):
    assert on_host_of("https://cpo.example/ocpi/locations", target) == expected


def test_query_parameters_are_set_and_the_others_kept():
    url = with_parameters("https://cpo.example/l?tag=a&tag=b&offset=0", offset=40, limit=20)

    assert url == "https://cpo.example/l?tag=a&tag=b&offset=40&limit=20"
    assert parameter(url, "offset") == "40"
    assert parameter(url, "date_from") is None
