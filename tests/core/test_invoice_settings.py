"""Wrong settings of audit and invoices are told before the first request."""

import pytest

from emsp.core.checks import check_settings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("INVOICE_YEAR_STARTS_IN", 13, "INVOICE_YEAR_STARTS_IN is a month, 1 to 12"),
        ("INVOICE_TIME_ZONE", "Asia/Nowhere", "INVOICE_TIME_ZONE is not an IANA time zone"),
        ("INVOICE_PREFIX", "CRN", "INVOICE_PREFIX and CREDIT_NOTE_PREFIX must differ"),
        ("PDF_FONT", "/nowhere.ttf", "PDF_FONT is not a file"),
        ("STOP_AT_ORDERED", "sometimes", "STOP_AT_ORDERED is amount, always or never"),
        ("CDR_AUDIT", {"amount": "a"}, "the CDR audit's amount must be a number that is not negative"),
        ("CDR_AUDIT", {"time_s": "-1"}, "the CDR audit's time_s must be a number that is not negative"),
        ("CDR_AUDIT", {"time_s": "NaN"}, "the CDR audit's time_s must be a number that is not negative"),
    ],
)
def test_it_is_told(settings, name, value, words):
    setattr(settings, name, value)

    assert [problem.msg for problem in check_settings(None)] == [words]


def test_the_defaults_are_right():
    assert check_settings(None) == []
