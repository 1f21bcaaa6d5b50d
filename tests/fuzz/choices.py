"""Decisions read from bytes: the same bytes spoil a message in the same way, whoever made them."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """What to do next, byte by byte; always the first choice once the bytes are used up."""

    def __init__(self, source: bytes) -> None:
        self._source, self._position = source, 0

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        width = 1 if count <= 256 else 2 if count <= 65536 else 4
        taken = self._source[self._position:self._position + width]
        self._position += width
        return int.from_bytes(taken, "big") % count

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def one_in(self, count: int) -> bool:
        """True once in so many times; never when the bytes are used up."""
        return self.below(count) == count - 1
