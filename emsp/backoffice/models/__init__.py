"""Cases with their notes and notices, the roles that were shipped, and second factors."""

from emsp.backoffice.models.cases import (
    Case,
    CaseKind,
    CaseNote,
    CaseNotice,
    CaseState,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
)
from emsp.backoffice.models.links import ScorecardLink
from emsp.backoffice.models.roles import ShippedRole
from emsp.backoffice.models.second_factor import Authenticator

__all__ = [
    "Authenticator",
    "Case",
    "CaseKind",
    "CaseNote",
    "CaseNotice",
    "CaseState",
    "NoticeChannel",
    "NoticeEvent",
    "NoticeState",
    "ScorecardLink",
    "ShippedRole",
]
