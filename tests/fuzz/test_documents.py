"""What our OpenAPI documents allow is answered in the shape that they tell, never with 5xx: Schemathesis over both."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.beckn.conftest import fresh_memories  # noqa: F401 (an autouse fixture)
from tests.fuzz import documents
from tests.fuzz.world import charging, witnessed

EXAMPLES = 4  # of each operation; the long run is `make fuzz`


def statuses_of(operation, driver, witness):
    """The HTTP status of each answer to what the document allows; raises what an answer gets wrong."""
    found = []

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers(case):
        case = documents.known(case, driver)
        response = case.call()
        found.append(response.status_code)
        case.validate_response(response, checks=documents.checks())
        witness.check()

    answers()
    return found


@pytest.mark.django_db
def test_every_operation_answers_as_it_is_documented():
    seen = {}
    with charging() as driver, witnessed() as witness:
        for name, schema in documents.schemas(driver):
            operations = [result.ok() for result in schema.get_all_operations()]
            seen[name] = [status for each in operations for status in statuses_of(each, driver, witness)]

    assert {name: len(found) for name, found in seen.items()} == {"beckn": 14 * EXAMPLES, "ocpi": 30 * EXAMPLES}
    assert {200, 400, 403} <= set(seen["beckn"])
    assert {200, 404, 405} <= set(seen["ocpi"])
