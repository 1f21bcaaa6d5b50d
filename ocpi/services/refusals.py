"""Why something that a CPO sent is not taken. Translated to HTTP and status codes in ocpi/errors.py."""

from typing import NamedTuple

from emsp.core.errors import DomainError
from emsp.core.wire import WireError


class InvalidObject(DomainError):
    """An object lacks something, or has it in a form that cannot be read. path names the member."""

    def __init__(self, reason: str, path: str = "") -> None:
        self.reason, self.path = reason, path
        super().__init__(f"{path}: {reason}" if path else reason)

    @classmethod
    def of(cls, error: WireError) -> "InvalidObject":
        return cls(error.reason, error.path)


class UnknownObject(DomainError):
    """There is no such object below this URL. module: the OCPI module, which decides on the status code."""

    def __init__(self, module: str, what: str) -> None:
        self.module = module
        super().__init__(f"unknown {what}")


class UnknownParty(DomainError):
    """The country code and party id in the URL are none of the caller's."""

    def __init__(self) -> None:
        super().__init__("unknown party")


class Refusal(NamedTuple):
    """An object of a page, or a part of one, that could not be stored. path: the member that is wrong."""

    ocpi_id: str
    reason: str
    path: str
