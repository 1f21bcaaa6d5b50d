"""How deep JSON is nested is told before a decoder gets it, which would call itself for each level."""

import threading

import pytest

from beckn import reading
from emsp.core.wire import Wire, WireError, decode, load_json, nested_deeper
from emsp.developer.message_bench import signatures
from ocpi.client.lenient import load_leniently

SMALL_STACK_BYTES = 512 * 1024


@pytest.mark.parametrize("raw", [
    b"[" * 5, b'{"a":' * 5 + b"1" + b"}" * 5, b"[[],[[[[1]]]],[]]", b'["]]]]",[[[[1]]]]]', rb'["\"]]]]",[[[[1]]]]]',
    b'[[[[["', b'"[[[[[" [[[[[',
])  # fmt: skip
def test_five_levels_are_more_than_four_and_no_more_than_five(raw):
    assert nested_deeper(raw, 4)
    assert not nested_deeper(raw, 5)


@pytest.mark.parametrize("raw", [
    b"", b"[]" * 9, b'["[[[[[[","{{{{{{"]', rb'["\"[[[[[[", "\\"]', b'["[[[[[[', b'["[[[[[[\\',
    '["č[[[[[["]'.encode(), b'["\n[[[[[["]',
])  # fmt: skip
def test_brackets_in_texts_and_beside_each_other_are_no_levels(raw):
    assert not nested_deeper(raw, 1)


class _Empty(Wire):
    pass


@pytest.mark.parametrize(("read", "levels"), [
    (load_json, 64), (lambda raw: decode(raw, _Empty), 64), (load_leniently, 64), (reading.read, 50),
])  # fmt: skip
@pytest.mark.parametrize("opened", [b"[", b'{"a":'])
def test_no_decoder_gets_what_has_no_end_also_on_a_small_stack(read, levels, opened):
    found = []

    def run():
        with pytest.raises(WireError, match=f"^nested deeper than {levels} levels$") as caught:
            read(opened * 100_000)
        found.append(caught.value.malformed)

    before = threading.stack_size(SMALL_STACK_BYTES)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    threading.stack_size(before)
    assert found == [True]


def test_the_message_bench_spells_what_is_nested_too_deep_in_no_other_way():
    body = b"[" * 600 + b"]" * 600

    assert list(dict(signatures._spellings(b" " + body))) == ["without blanks around it", "with a newline at its end"]
    assert "as Python's json.dumps writes it" in dict(signatures._spellings(b"[1,2]"))
