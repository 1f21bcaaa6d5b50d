"""Wrong settings are told before the first request."""

import pytest

from emsp.core.checks import check_settings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LOG_FORMAT", "xml", "LOG_FORMAT is text or json"),
        ("OTEL_TRACES", True, "OTEL_TRACES needs the packages of requirements/otel.txt"),
        ("INVOICE_YEAR_STARTS_IN", 13, "INVOICE_YEAR_STARTS_IN is a month, 1 to 12"),
        ("INVOICE_TIME_ZONE", "Asia/Nowhere", "INVOICE_TIME_ZONE is not an IANA time zone"),
        ("INVOICE_PREFIX", "CRN", "INVOICE_PREFIX and CREDIT_NOTE_PREFIX must differ"),
        ("PDF_FONT", "/nowhere.ttf", "PDF_FONT is not a file"),
        ("STOP_AT_ORDERED", "sometimes", "STOP_AT_ORDERED is amount, always or never"),
        ("CDR_AUDIT", {"amount": "a"}, "the CDR audit's amount must be a number that is not negative"),
        ("CDR_AUDIT", {"time_s": "-1"}, "the CDR audit's time_s must be a number that is not negative"),
        ("CDR_AUDIT", {"time_s": "NaN"}, "the CDR audit's time_s must be a number that is not negative"),
        ("CDR_AUDIT", {"time_s": "Infinity"}, "the CDR audit's time_s must be a number that is not negative"),
        ("CANCELLATION_FEE_PERCENT", "a third", "CANCELLATION_FEE_PERCENT is a number from 0 to 100"),
        ("CANCELLATION_FEE_PERCENT", "100.5", "CANCELLATION_FEE_PERCENT is a number from 0 to 100"),
        ("CANCELLATION_FEE_PERCENT", "-1", "CANCELLATION_FEE_PERCENT is a number from 0 to 100"),
        ("CANCELLATION_FEE_PERCENT", "NaN", "CANCELLATION_FEE_PERCENT is a number from 0 to 100"),
        ("REPLICA_LAG_S", 0, "REPLICA_LAG_S is a number of seconds, 1 or more"),
        (
            "CELERY_BROKER_URL",
            "sqs://",
            "CELERY_BROKER_URL begins with redis://, rediss://, amqp:// or amqps://",
        ),
        ("BECKN_DEFAULT_ENERGY_KWH", "", "BECKN_DEFAULT_ENERGY_KWH is a number from 0.01 to 1000"),
        ("BECKN_DEFAULT_ENERGY_KWH", "0", "BECKN_DEFAULT_ENERGY_KWH is a number from 0.01 to 1000"),
        ("BECKN_DEFAULT_ENERGY_KWH", "1001", "BECKN_DEFAULT_ENERGY_KWH is a number from 0.01 to 1000"),
    ],
)
def test_it_is_told(settings, name, value, words):
    setattr(settings, name, value)

    assert [problem.msg for problem in check_settings(None)] == [words]


def test_the_defaults_are_right():
    assert check_settings(None) == []


def test_outside_the_sandbox_the_registry_is_https(settings):
    settings.SANDBOX, settings.BASE_URL = False, "https://emsp.example"
    settings.PAYMENT_SANDBOX_URL = settings.PAYMENT_GATEWAY = ""
    settings.BECKN_REGISTRY_URL = "http://registry.example"
    assert [problem.msg for problem in check_settings(None)] == ["BECKN_REGISTRY_URL must be https outside SANDBOX"]

    settings.BECKN_REGISTRY_URL = "https://registry.example"
    assert check_settings(None) == []
