"""Schemathesis over our own OpenAPI documents: what they allow is answered in the shape that they tell, never with 5xx."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import schemathesis
from django.test.client import ClientHandler
from schemathesis.checks import CHECKS, load_all_checks

from emsp.developer.guides import beckn_api, ocpi_api
from tests.factories.beckn import DOMAIN
from tests.flows.world import Driver
from tests.fuzz.world import rolled_back

load_all_checks()
NOT_OURS = (  # what these doors do on purpose
    "negative_data_rejection", "positive_data_acceptance", "missing_required_header", "unsupported_method",
    "use_after_free", "ensure_resource_availability", "ignored_auth",
)  # fmt: skip
WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


def proving(prove: Callable[[bytes], str]) -> WSGI:
    """Our application, behind a sender that proves itself: prove gives the Authorization for a body's bytes."""
    handler = ClientHandler(enforce_csrf_checks=False)

    def sent(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with rolled_back():
            answer = handler(environ | {"wsgi.input": BytesIO(raw), "HTTP_AUTHORIZATION": prove(raw)})
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
        return [answer.content]

    return sent


def schemas(driver: Driver) -> Iterator[tuple[str, Any]]:
    """Each document as Schemathesis reads it, in front of the real application."""
    beckn, ocpi = beckn_api.document(), ocpi_api.document()
    token = f"Token {driver.cpo.token}"
    for name, document, prove in (
        ("beckn", beckn, driver.bap.authorization), ("ocpi", ocpi, lambda raw: token),
    ):  # fmt: skip
        schema = schemathesis.openapi.from_dict(document)
        schema.app = proving(prove)
        yield name, schema


def checks() -> list[Any]:
    """What an answer is examined for."""
    return [check for check in CHECKS.get_all() if check.__name__ not in NOT_OURS]


def known(case: Any, driver: Driver) -> Any:
    """The case, with the ids of what is there, without which every answer would be «unknown»."""
    for name, value in {"country_code": "IN", "party_id": "CPO", "location_id": "LOC-1", "evse_uid": "E-1"}.items():
        if case.path_parameters and name in case.path_parameters:
            case.path_parameters[name] = value
    context = case.body.get("context") if isinstance(case.body, dict) else None
    if isinstance(context, dict):
        action = case.operation.path.strip("/")
        context |= {"action": action, "bap_id": driver.bap.subscriber_id, "bap_uri": driver.bap.url, "version": "1.1.0"}
        context |= {"domain": DOMAIN, "timestamp": None, "bpp_id": None}
        context |= {name: context[name][:200].strip() or "x" for name in ("transaction_id", "message_id")}
    return case
