"""Spoils JSON messages with structure: a valid message, and one to four members of it made hostile."""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

from tests.fuzz.choices import Choices
from tests.fuzz.values import MOMENTS, NUMBERS, TEXTS, VALUES

Path = tuple[str | int, ...]
Edit = Callable[[Any, str | int, Choices, list[bytes]], None]

MOST_EDITS = 4
MARK = "@@raw%d@@"
LONG = (255, 256, 600, 4096, 70_000)
DEPTHS = (30, 49, 51, 130, 480, 700, 950, 3000)


def spoiled(source: bytes, seeds: tuple[str, ...]) -> bytes:
    """The bytes of a message made of one of the seeds, JSON texts, as the source's bytes decide."""
    choices = Choices(source)
    seed = choices.pick(seeds)
    message = json.loads(seed)
    raws: list[bytes] = []
    edited = set[Path]()  # each once: a list times 60, four times over, tests nothing but our memory
    for _ in range(choices.below(MOST_EDITS + 1)):
        path = choices.pick(paths(seed))
        if path not in edited:
            _edit(message, path, choices, raws)
            edited.add(path)
    text = json.dumps(message, ensure_ascii=choices.one_in(2)).encode("utf-8", "surrogatepass")
    for number, raw in enumerate(raws):
        text = text.replace(f'"{MARK % number}"'.encode(), raw)
    return _bytes_spoiled(text, choices) if choices.one_in(12) else text


@cache
def paths(seed: str) -> tuple[Path, ...]:
    """Every member and element of a message, at every depth."""
    return tuple(_paths(json.loads(seed), ()))


def _paths(value: Any, above: Path) -> list[Path]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[Path] = []
    for name, inner in inside:
        found += [(*above, name), *_paths(inner, (*above, name))]
    return found


def _edit(message: Any, path: Path, choices: Choices, raws: list[bytes]) -> None:
    edit: Edit = choices.pick(EDITS)
    place = message
    for step in path[:-1]:
        if not isinstance(place, dict | list) or not _has(place, step):
            return  # an earlier edit took this part away
        place = place[step]
    if isinstance(place, dict | list) and _has(place, path[-1]):
        edit(place, path[-1], choices, raws)


def _has(place: Any, step: str | int) -> bool:
    return step in place if isinstance(place, dict) else isinstance(step, int) and step < len(place)


def _value(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    place[name] = deepcopy(choices.pick(VALUES))  # a later edit may go into it


def _text(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    place[name] = choices.pick(TEXTS)


def _within_text(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    before = place[name] if isinstance(place[name], str) else "1"
    position = choices.below(len(before) + 1)
    place[name] = before[:position] + choices.pick(TEXTS) + before[position:]


def _longer(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    before = place[name] if isinstance(place[name], str) and place[name] else choices.pick(TEXTS) or "x"
    length = choices.pick(LONG)
    place[name] = (before * (length // len(before) + 1))[:length]


def _number(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    """A number in a spelling that no Python value is written in, or the same as text."""
    number = choices.pick(NUMBERS)
    if choices.one_in(3):
        place[name] = number
    else:
        _raw(place, name, number.encode(), raws)


def _moment(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    place[name] = choices.pick(MOMENTS)


def _without(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    del place[name]


def _twice(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    """The same member again, with another value."""
    first, second = json.dumps(place[name]), json.dumps(choices.pick(VALUES))
    if isinstance(place, dict):
        _raw(place, name, f"{first}, {json.dumps(name)}: {second}".encode("utf-8", "surrogatepass"), raws)
    else:
        place.append(place[name])


def _renamed(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    if isinstance(place, dict):
        place[choices.pick((str(name).upper(), f"{name}\x00", f"{name}\ud800", "", "x" * 3000))] = place.pop(name)


def _wrapped(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    value = place[name]
    place[name] = choices.pick(([value], {"value": value}, [[value]], [value] * 40))


def _deep(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    depth = choices.pick(DEPTHS)
    opening, closing = choices.pick(((b"[", b"]"), (b'{"a":', b"}")))
    _raw(place, name, opening * depth + b"1" + closing * depth, raws)


def _many(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    value = place[name]
    if isinstance(value, list) and value:
        place[name] = value * choices.pick((2, 3, 60))
    elif isinstance(value, dict):
        place[name] = value | {f"x{n}": n for n in range(300)}


def _of_elsewhere(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    """The value of a neighbour."""
    others = list(place.values()) if isinstance(place, dict) else place
    place[name] = choices.pick(others)


def _odd_bytes(place: Any, name: str | int, choices: Choices, raws: list[bytes]) -> None:
    _raw(place, name, choices.pick((
        b'"\xff\xfe"', b'"\xc3("', b'"\xed\xa0\x80"', b'"\\ud83d"', b'"\\u0000"', b'"\n"', b"NaN", b"-Infinity",
        b"nul", b"'x'", b"01", b"1.", b"+1", b"0x1F", b"",
    )), raws)


EDITS: tuple[Edit, ...] = (
    _value, _text, _within_text, _longer, _number, _moment, _without, _twice, _renamed, _wrapped, _deep, _many,
    _of_elsewhere, _odd_bytes, _number, _value,
)


def _raw(place: Any, name: str | int, raw: bytes, raws: list[bytes]) -> None:
    place[name] = MARK % len(raws)
    raws.append(raw)


def _bytes_spoiled(text: bytes, choices: Choices) -> bytes:
    """Spoiled as bytes: cut, with a byte changed or put in, of another encoding, or with something around it."""
    position = choices.below(len(text) + 1)
    return choices.pick((
        text[:position],
        text[:position] + bytes([choices.below(256)]) + text[position:],
        text[:position] + bytes([choices.below(256)]) + text[position + 1:],
        b"\xef\xbb\xbf" + text,
        text.decode("utf-8", "replace").encode("utf-16"),
        text + text,
        b"[" + text + b"]",
        b" \r\n" + text + b"\x00",
    ))


def spoiled_header(choices: Choices, text: str) -> str:
    """A header, spoiled; what a web server hands on of it is Latin-1."""
    return spoiled_text(choices, text).encode("utf-8", "surrogatepass").decode("latin-1")


def spoiled_text(choices: Choices, text: str) -> str:
    """A text such as a query, cut, doubled, or with something hostile in it."""
    for _ in range(choices.below(MOST_EDITS)):
        position, other = choices.below(len(text) + 1), choices.below(len(text) + 1)
        low, high = min(position, other), max(position, other)
        text = choices.pick((
            text[:position] + choices.pick(TEXTS) + text[position:],
            text[:low] + text[high:],
            text[:high] + text[low:],
            text[:low] + choices.pick(NUMBERS) + text[high:],
            text[:low] + choices.pick(MOMENTS) + text[high:],
            text[:position] + text[position:position + 1] * choices.pick((2, 300, 5000)) + text[position + 1:],
        ))
    return text
