"""An OpenAPI document in the form in which the page of an API shows it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from emsp.core.wire import encode
from emsp.developer.guides.markdown import anchor

POINTER = "#/components/schemas/"


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation: method, path, anchor, summary, body, example, answers, callbacks, parameters."""
    server = document["servers"][0]["url"]
    found = [
        _operation(method, f"{server}{path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for name, methods in document.get("webhooks", {}).items():
        found += [_operation(method, f"(yours) {name}", operation) for method, operation in methods.items()]
    return found


def schemas(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every type: name, anchor, description, members as name, type, link, required."""
    return [
        {
            "name": name,
            "anchor": _anchor(name),
            "description": schema.get("description", ""),
            "members": [
                {"name": member, "required": member in schema.get("required", ()), "parts": list(_words(shape))}
                for member, shape in schema.get("properties", {}).items()
            ],
        }
        for name, schema in document["components"]["schemas"].items()
    ]


def _operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "method": method.upper(),
        "path": path,
        "anchor": anchor(operation["operationId"]),
        "summary": operation["summary"],
        "body": list(_words(body["schema"])) if body else [],
        "example": pretty(body["example"]) if "example" in body else "",
        "answers": [
            {"status": status, "description": answer["description"], "parts": _answer_words(answer)}
            for status, answer in operation["responses"].items()
        ],
        "callbacks": [
            {"name": name, "url": url} | _callback_body(item["post"]["requestBody"])
            for name, urls in operation.get("callbacks", {}).items()
            for url, item in urls.items()
        ],
    }


def _callback_body(body: dict[str, Any]) -> dict[str, Any]:
    example = body["content"]["application/json"].get("example")
    return {"parts": _answer_words(body), "example": pretty(example) if example else ""}


def pretty(value: Any) -> str:
    """JSON for people."""
    return msgspec.json.format(encode(value), indent=2).decode()


def _answer_words(answer: dict[str, Any]) -> list[dict[str, str]]:
    body = answer.get("content", {}).get("application/json")
    return list(_words(body["schema"])) if body else []


def _words(schema: dict[str, Any]) -> Iterator[dict[str, str]]:
    """A shape as words, some of which are links to a type."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(POINTER)
        yield {"text": name, "link": _anchor(name)}
    elif "allOf" in schema:
        yield from _words(schema["allOf"][0])
        for name, inner in schema["allOf"][1].get("properties", {}).items():
            yield {"text": f"with {name}:"}
            yield from _words(inner)
    elif "anyOf" in schema:
        shapes = [shape for shape in schema["anyOf"] if shape != {"type": "null"}]
        for number, shape in enumerate(shapes):
            if number:
                yield {"text": "or"}
            yield from _words(shape)
    elif schema.get("type") == "array":
        yield {"text": "list of"}
        yield from _words(schema.get("items", {}))
    else:
        yield {"text": _plain(schema)}


def _plain(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words} ({schema['format']})" if "format" in schema else words


def _anchor(name: str) -> str:
    return "type-" + anchor(name)
