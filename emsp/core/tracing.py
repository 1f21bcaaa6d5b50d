"""Spans for OpenTelemetry; loaded where OTEL_TRACES is on, and needs the extra `otel`.

Work goes on in rows, minutes and processes apart, so no header carries a trace. Its id is made of the transaction_id
instead: all spans of one conversation are one trace, whichever process they come from, and are sampled together.
Where spans go is told by OpenTelemetry's own names, such as OTEL_EXPORTER_OTLP_ENDPOINT.
"""

import hashlib
import time
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from emsp.core.correlation import ids_now

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

SERVER_STEPS = frozenset({"request", "received"})


def span(name: str, told: Mapping[str, str], *, seconds: float, failed: bool) -> None:
    """Record what has just ended, after so many seconds. told: its attributes, beside the ids of the scope."""
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, Status, StatusCode

    ended_ns = time.time_ns()
    kind = SpanKind.SERVER if told["step"] in SERVER_STEPS else SpanKind.CLIENT
    made = provider().get_tracer("emsp").start_span(
        name,
        context=Context(),
        kind=SpanKind.CONSUMER if told["step"] == "answer" else kind,
        attributes={f"emsp.{key}": value for key, value in (ids_now() | dict(told)).items()},
        start_time=ended_ns - int(seconds * 1e9),
    )
    if failed:
        made.set_status(Status(StatusCode.ERROR))
    made.end(ended_ns)


@cache
def provider() -> "TracerProvider":
    """The spans' way out; made in the process that uses it, because its thread does not survive a fork."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class OfConversation(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            transaction_id = ids_now().get("transaction_id")
            return trace_id_of(transaction_id) if transaction_id else super().generate_trace_id()

    made = TracerProvider(resource=Resource.create({"service.name": "emsp"}), id_generator=OfConversation())
    made.add_span_processor(processor())
    return made


def processor() -> "SpanProcessor":
    """Sends spans by OTLP over HTTP, in batches, from a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())


def installed() -> bool:
    """Whether the packages of the extra `otel` are here."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter") is not None
    except ModuleNotFoundError:
        return False


def trace_id_of(transaction_id: str) -> int:
    """The id of a conversation's trace; its 32 hexadecimal digits are what one searches for."""
    return int.from_bytes(hashlib.sha256(transaction_id.encode()).digest()[:16], "big") or 1
