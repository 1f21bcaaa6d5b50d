"""The three public schemas for core 1.1.0 as validators; test data beside the project, never part of it."""

import functools
import json
from datetime import datetime
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.shared import shared_path

FORMATS = FormatChecker(formats=("uuid", "email", "date"))


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value):
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri", raises=ValueError)
def _is_absolute(value):
    return not isinstance(value, str) or (bool(urlsplit(value).scheme) and " " not in value)


class _Loader(yaml.SafeLoader):
    """YAML in which a date is text."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for key, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@functools.cache
def _documents():
    spec = shared_path("reference/fixtures/beckn/spec")
    documents = {
        "core": yaml.load((spec / "core-1.1.0/transaction.yaml").read_text(), _Loader),
        "meta": yaml.load((spec / "core-1.1.0/meta.yaml").read_text(), _Loader),
        "closed": yaml.load((spec / "layer2/uei-ev-charging-3.0.yaml").read_text(), _Loader),
    }
    onix = {
        path.name: json.loads(path.read_text()) | {"$id": path.name}
        for path in (spec / "onix-core-1.1.0").glob("*.json")
    }
    resources = [(name, Resource(content, DRAFT202012)) for name, content in (documents | onix).items()]
    return documents, onix, Registry().with_resources(resources)


@functools.cache
def validators(action):
    """{schema: validator} of all schemas that know this callback."""
    documents, onix, registry = _documents()
    made = {}
    for name, document in documents.items():
        if f"/{action}" in document["paths"]:
            pointer = f"{name}#/paths/~1{action}/post/requestBody/content/application~1json/schema"
            made[name] = Draft202012Validator({"$ref": pointer}, registry=registry, format_checker=FORMATS)
    if f"{action}.json" in onix:
        made["onix"] = Draft202012Validator({"$ref": f"{action}.json"}, registry=registry)
    return made


def problems(action, message):
    """What any schema refuses of a callback, as text."""
    return [
        f"{action} {name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for name, validator in validators(action).items()
        for error in validator.iter_errors(message)
    ]
