"""A slip in one text of a page does not cost the page (ocpi.md 1.11, T43; design.md §5)."""

import json
from decimal import Decimal

import pytest
import responses

from emsp.core.wire import WireError
from ocpi.client.lenient import load_leniently
from ocpi.models import Location
from ocpi.services import pulls
from tests.ocpi.cpo import BASE, envelope, location, make_party


@pytest.mark.parametrize(("raw", "value"), [
    (b'{"a": "x\\ud83d", "b": 1.10}', {"a": "x\ufffd", "b": Decimal("1.10")}),
    (b'["\\ude00\\ud83d", "\\ud83d\\ude00"]', ["\ufffd\ufffd", "\U0001f600"]),
    (b'{"\\ud83d": [{"a": "\\ud83d"}]}', {"\ufffd": [{"a": "\ufffd"}]}),
    ('{"a": "Düsseldorf"}'.encode("latin-1"), {"a": "D\ufffdsseldorf"}),
    (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    (b'{"a": "one\nline\ttwo"}', {"a": "one\nline\ttwo"}),
    (b'{"a": NaN, "b": -Infinity}', {"a": "NaN", "b": "-Infinity"}),
    (b'["\\ud83d", 1e99999999999999999999]', ["\ufffd", "1e99999999999999999999"]),
])  # fmt: skip
def test_careless_writing_is_read(raw, value):
    assert load_leniently(raw) == value


@pytest.mark.parametrize("raw", [
    b"", b"<html>", b'{"data": [{"id', b"{'a': 1}", b'{"a": 1} x', b"[" * 100_000,
])  # fmt: skip
def test_what_is_no_json_stays_none(raw):
    with pytest.raises(WireError) as caught:
        load_leniently(raw)
    assert caught.value.malformed


@pytest.mark.django_db
def test_a_text_cut_inside_an_emoji_costs_no_page():
    party = make_party()
    page = json.dumps(envelope([location("L1") | {"name": "Caf\ud83d"}, location("L2")]))
    with responses.RequestsMock() as network:
        network.get(f"{BASE}/locations", body=page, headers={"X-Total-Count": "2", "X-Limit": "200"})
        report = pulls.pull_module(party.connection, "locations", sleep=lambda seconds: None)

    assert (report.stored, report.parked, report.error) == (2, 0, "")
    assert Location.objects.get(ocpi_id="L1").name == "Caf\ufffd"
