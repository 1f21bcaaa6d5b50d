"""OpenAPI 3.1 of the OCPI eMSP: paths and methods read from ocpi.urls, commands that we send as webhooks."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import URLPattern

from emsp.core.wire import Wire
from emsp.developer.guides import examples
from emsp.developer.guides.schemas import components, content, reference
from ocpi.receiver.door import NowhereView
from ocpi.urls import urlpatterns
from ocpi.wire.v2_2_1 import cdrs, commands, credentials, locations, sessions, tariffs, tokens

LEVELS: dict[str, list[tuple[str, type[Wire]]]] = {
    "locations": [
        ("{location_id}", locations.Location),
        ("{location_id}/{evse_uid}", locations.Evse),
        ("{location_id}/{evse_uid}/{connector_id}", locations.Connector),
    ],
    "tariffs": [("{tariff_id}", tariffs.Tariff)],
    "sessions": [("{session_id}", sessions.Session)],
    "cdrs": [("{cdr_id}", cdrs.Cdr)],
}
TYPES: dict[tuple[str, str], tuple[type[Wire] | None, type[Wire] | None]] = {
    # (view, method): what comes, what goes
    ("VersionsView", "get"): (None, credentials.Version),
    ("DetailsView", "get"): (None, credentials.VersionDetails),
    ("CredentialsView", "get"): (None, credentials.Credentials),
    ("CredentialsView", "post"): (credentials.Credentials, credentials.Credentials),
    ("CredentialsView", "put"): (credentials.Credentials, credentials.Credentials),
    ("CredentialsView", "delete"): (None, None),
    ("CdrsView", "post"): (cdrs.Cdr, None),
    ("CdrView", "get"): (None, cdrs.Cdr),
    ("TokensView", "get"): (None, tokens.Token),
    ("AuthorizeView", "post"): (tokens.LocationReferences, tokens.AuthorizationInfo),
    ("CommandResultView", "post"): (commands.CommandResult, None),
}
LISTS = {"VersionsView", "TokensView"}
STORES = {"LocationView", "TariffView", "SessionView", "CdrsView", "OwnedCdrsView"}
COMMANDS: dict[str, type[Wire]] = {
    "START_SESSION": commands.StartSession,
    "STOP_SESSION": commands.StopSession,
    "RESERVE_NOW": commands.ReserveNow,
    "CANCEL_RESERVATION": commands.CancelReservation,
    "UNLOCK_CONNECTOR": commands.UnlockConnector,
}
METHODS = ("get", "post", "put", "patch", "delete")
VERBS = {"get": "Read", "post": "Send", "put": "Store", "patch": "Change", "delete": "End"}
ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": ["status_code", "timestamp"],
    "properties": {
        "status_code": {"type": "integer", "description": "1000: success; 2xxx: your fault; 3xxx: ours"},
        "status_message": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
    },
}
_CONVERTER = re.compile(r"<\w+:(\w+)>")


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    for path, view, method, wanted, given in operations():
        paths.setdefault(path, {})[method] = _operation(path, view, method, wanted, given)
    used = {each for pair in TYPES.values() for each in pair if each}
    used |= {each for levels in LEVELS.values() for _, each in levels} | set(COMMANDS.values())
    schemas = components(sorted((*used, commands.CommandResponse), key=lambda each: each.__name__))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OCPI 2.2.1 eMSP",
            "version": "2.2.1",
            "description": "Receiver of locations, tariffs, sessions and CDRs; sender of tokens and commands.",
        },
        "servers": [{"url": settings.OCPI_EMSP_URL}],
        "security": [{"token": []}],
        "paths": paths,
        "webhooks": {kind: {"post": _command(kind, body)} for kind, body in COMMANDS.items()},
        "components": {
            "schemas": schemas | {"Envelope": ENVELOPE},
            "securitySchemes": {
                "token": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`Token ` and the token in Base64, as agreed in the credentials handshake.",
                }
            },
        },
    }  # fmt: skip


def operations() -> Iterator[tuple[str, str, str, type[Wire] | None, type[Wire] | None]]:
    """Path, view, method, type that comes, type that goes: for everything in ocpi.urls.

    Raises KeyError for a door that nobody has described.
    """
    for pattern in urlpatterns:
        view = _view(pattern)
        route = str(pattern.pattern)
        if view is NowhereView or route.endswith("/"):
            continue
        name = view.__name__
        for method in (each for each in METHODS if hasattr(view, each)):
            for path, level in _paths(route):
                if level is not None:
                    goes = level if method == "get" else None
                    yield path, name, method, (None if method == "get" else level), goes
                elif (name, method) in TYPES or not name.startswith("Owned"):
                    yield path, name, method, *TYPES[name, method]
                else:
                    yield path, name, method, cdrs.Cdr, None


def _view(pattern: URLPattern) -> type[Any]:
    return pattern.callback.view_class  # type: ignore[no-any-return, attr-defined]


def _paths(route: str) -> Iterator[tuple[str, type[Wire] | None]]:
    """The paths that a route stands for; a tail is the ids of an object, level by level."""
    path = "/" + _CONVERTER.sub(r"{\1}", route)
    if not path.endswith("/{tail}"):
        yield path.replace("{tail}", "{token_uid}"), None
        return
    module = path.split("/")[2]
    for ids, level in LEVELS[module]:
        yield path.replace("{tail}", ids), level


def _operation(
    path: str, view: str, method: str, wanted: type[Wire] | None, given: type[Wire] | None
) -> dict[str, Any]:
    named = re.findall(r"{(\w+)}", path)
    subject = wanted or given
    made: dict[str, Any] = {
        "operationId": f"{method} {path}",
        "summary": f"{VERBS[method]} {subject.__name__ if subject else 'the registration'}.",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in named
        ],
        "responses": _answers(view, method, given),
    }
    if wanted is not None:
        example = examples.OCPI[wanted.__name__]
        schema = reference(wanted)
        if method == "patch":
            changed = {"status": "CHARGING"} if wanted is locations.Evse else {}
            example = changed | {"last_updated": example["last_updated"]}
            schema = {"type": "object", "description": f"the members of {wanted.__name__} that change"}
        made["requestBody"] = {"required": True, "content": content(schema, example)}
    return made


def _answers(view: str, method: str, given: type[Wire] | None) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Envelope"}
    if given is not None:
        inner: dict[str, Any] = dict(reference(given))
        inner = {"type": "array", "items": inner} if view in LISTS else inner
        schema = {"allOf": [schema, {"type": "object", "properties": {"data": inner}}]}
    found: dict[str, Any] = {"200": {"description": "success", "content": content(schema)}}
    if view in STORES and method in ("put", "post"):
        found["201"] = {"description": "stored, and new here", "content": content(schema)}
    if method in ("put", "post", "patch"):
        found["400"] = {"description": "not JSON, or nested too deep; status_message says which"}
    if view == "CredentialsView":
        found["405"] = {"description": "POST when registered already, or anything else when not yet"}
    return found | {"401": {"description": "no valid token"}, "404": {"description": "unknown object"}}


def _command(kind: str, body: type[Wire]) -> dict[str, Any]:
    return {
        "operationId": kind,
        "summary": f"We ask the operator: {kind}.",
        "requestBody": {"required": True, "content": content(reference(body))},
        "responses": {
            "200": {"description": "forwarded or not", "content": content(reference(commands.CommandResponse))}
        },
    }
