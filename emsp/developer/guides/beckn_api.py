"""OpenAPI 3.1 of the Beckn door: one path per action, its on_* as a callback. Made of beckn's own tables."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from beckn.wire.v1_1_0 import MESSAGE_TYPES, callback_action
from emsp.developer.guides import examples
from emsp.developer.guides.callback_examples import beckn_callback
from emsp.developer.guides.callbacks import CALLBACK_TYPES
from emsp.developer.guides.schemas import components, content, reference

SAMPLE = examples.Sample(moment=datetime(2026, 3, 1, 9, tzinfo=UTC))
PREFIX = "Callback."
ACK = {"message": {"ack": {"status": "ACK"}}}
NACK = {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": "what is wrong"}}
ACK_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {
            "type": "object",
            "properties": {
                "ack": {"type": "object", "properties": {"status": {"enum": ["ACK", "NACK"]}}},
            },
        },
        "error": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("code", "paths", "message")},
        },
    },
}
ACK_REFERENCE = {"$ref": "#/components/schemas/Ack"}
REFUSALS = {
    "400": "NACK: not JSON, or of the wrong form; error.paths names the member",
    "401": "NACK: the signature does not prove the sender",
    "413": "NACK: the body is over 1 MB",
    "429": "NACK: too many requests",
}
WHAT = {
    "search": "Find chargers around a place.",
    "select": "Get a quote for an amount of energy at one connector.",
    "init": "Agree on the terms; the charger is reserved where it can be.",
    "confirm": "Order; the charge starts.",
    "update": "Start or stop the charge of an order.",
    "status": "Ask how an order stands.",
    "track": "Get a page that follows the charge.",
    "cancel": "Cancel an order, or ask what that would cost.",
    "rating": "Tell what the driver thinks.",
    "support": "Get the ways to reach people who help.",
    "get_cancellation_reasons": "The reasons that cancel takes.",
    "get_rating_categories": "What can be rated.",
    "get_return_reasons": "The reasons for a return; there are none.",
}


def document() -> dict[str, Any]:
    """The whole document."""
    paths = {f"/{action}": {"post": _operation(action)} for action in MESSAGE_TYPES}
    paths["/on_subscribe"] = {"post": _on_subscribe()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Beckn provider platform",
            "version": "1.1.0",
            "description": "Every request is answered at once by an ACK, and later by a signed callback at bap_uri.",
        },
        "servers": [{"url": settings.BECKN_URI}],
        "security": [{"signature": []}],
        "paths": paths,
        "components": {
            "schemas": components(MESSAGE_TYPES.values()) | components(CALLBACK_TYPES.values(), PREFIX)
            | {"Ack": ACK_SCHEMA},
            "securitySchemes": {
                "signature": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "Ed25519 over (created), (expires) and the BLAKE2b-512 digest of the body.",
                },
                "registry": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "The registry's Ed25519 signature of the body, in base64.",
                },
            },
        },
    }  # fmt: skip


def _operation(action: str) -> dict[str, Any]:
    callback = callback_action(action)
    return {
        "operationId": action,
        "summary": WHAT[action],
        "requestBody": {
            "required": True,
            "content": content(reference(MESSAGE_TYPES[action]), examples.beckn_request(action, SAMPLE)),
        },
        "responses": _answers(),
        "callbacks": {callback: {f"{{$request.body#/context/bap_uri}}/{callback}": {"post": _callback(callback)}}},
    }


def _callback(callback: str) -> dict[str, Any]:
    return {
        "operationId": callback,
        "summary": f"We tell the app: {callback}.",
        "requestBody": {
            "required": True,
            "content": content(reference(CALLBACK_TYPES[callback], PREFIX), beckn_callback(callback, SAMPLE)),
        },
        "responses": {"200": {"description": "ACK", "content": content(ACK_REFERENCE, ACK)}},
    }


def _answers() -> dict[str, Any]:
    told = "ACK: kept, the callback will come; or NACK"
    return {"200": {"description": told, "content": content(ACK_REFERENCE, ACK)}} | _refusals()


def _refusals() -> dict[str, Any]:
    return {
        status: {"description": reason, "content": content(ACK_REFERENCE, NACK)}
        for status, reason in REFUSALS.items()
    }


def _on_subscribe() -> dict[str, Any]:
    """The registry's challenge: encrypted for us, answered in clear."""
    text = {"type": "object", "required": ["challenge"], "properties": {"challenge": {"type": "string"}}}
    answer = {"type": "object", "properties": {"answer": {"type": "string"}}}
    return {
        "operationId": "on_subscribe",
        "security": [{}, {"signature": []}, {"registry": []}],
        "summary": "The registry asks us to prove our encryption key.",
        "description": "A signature of the registry is asked for where we were told its signing key.",
        "requestBody": {"required": True, "content": content(text)},
        "responses": _refusals() | {
            "200": {"description": "the challenge in clear text", "content": content(answer)},
            "403": {"description": "NACK: no subscription is pending", "content": content(ACK_REFERENCE, NACK)},
        },
    }
