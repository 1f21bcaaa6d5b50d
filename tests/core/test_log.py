"""What reaches the log is masked: the message, and what a traceback repeats of the failure."""

import logging

import pytest

from emsp.core.log import MaskedLines, mask, mask_text


def written(message, *args, error=None):
    """The line that the log's handler writes."""
    failure = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("tests", logging.ERROR, __file__, 1, message, args, failure)
    return MaskedLines("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("called with Authorization: Token c2VjcmV0", "called with Authorization: Token ***"),
        ("token c2VjcmV0LXRva2VuLTE=", "token ***"),
        ('Authorization: Signature keyId="a|k|ed25519",signature="YQ=="', "Authorization: Signature ***"),
        ('{"callback_phone": "9000000001", "tax_id": "T1"}', '{"callback_phone": "***", "tax_id": "***"}'),
        ("{'phone': '9000000001', 'city': 'Delhi'}", "{'phone': \"***\", 'city': 'Delhi'}"),
        ('{"billing": {"name": "Asha", "city": {"name": "Pune"}}, "id": "1"}', '{"billing": "***", "id": "1"}'),
        ("asha@drivers.example came", "***@*** came"),
        ("call +91 90000 00001 now", "call +*** now"),
        ("redis://:word@host:6379/0", "redis://***@host:6379/0"),
        ("null value\nDETAIL:  Failing row contains (7, Asha Rao, 9000000001).", "null value\nDETAIL: ***"),
    ],
)
def test_secrets_and_contacts_are_masked_in_the_forms_in_which_they_come(text, masked):
    assert mask_text(text) == masked


def test_a_traceback_is_masked_as_its_message_is():
    try:
        raise ValueError("cannot store asha@drivers.example\nDETAIL:  Key (phone)=(9000000001) exists")
    except ValueError as error:
        line = written("request %s could not be handled for %s", 7, "asha@drivers.example", error=error)

    assert line.startswith("ERROR request 7 could not be handled for ***@***\nTraceback")
    assert line.endswith("ValueError: cannot store ***@***\nDETAIL: ***")


def test_bank_accounts_of_both_sides_are_masked_in_messages():
    params = {"amount": "9.00", "source_bank_account_number": "1", "source_virtual_payment_address": "a@upi"}

    assert mask(params) == {
        "amount": "9.00", "source_bank_account_number": "***", "source_virtual_payment_address": "***",
    }
