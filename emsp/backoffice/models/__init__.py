"""Cases, the figures of the hours, links to scorecards, the roles that were shipped, second factors, uploaded sheets."""

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
from emsp.backoffice.models.figures import HourlyFigure
from emsp.backoffice.models.links import ScorecardLink
from emsp.backoffice.models.roles import ShippedRole
from emsp.backoffice.models.second_factor import Authenticator
from emsp.backoffice.models.sheets import UploadedSheet

__all__ = [
    "Authenticator",
    "Case",
    "CaseKind",
    "CaseNote",
    "CaseNotice",
    "CaseState",
    "HourlyFigure",
    "NoticeChannel",
    "NoticeEvent",
    "NoticeState",
    "ScorecardLink",
    "ShippedRole",
    "UploadedSheet",
]
