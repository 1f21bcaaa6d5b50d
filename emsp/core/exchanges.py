"""One exchange with a partner, told three times: as figures (rate, errors, duration), as a log line, as a span.

protocol and step: see STEPS. subject: the Beckn action or the OCPI module. partner: a registered subscriber or
connection. Subjects and partners come from our tables, never from what a stranger wrote, so that their number is bounded.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic

from django.conf import settings
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

from emsp.core import tracing

BECKN, OCPI = "beckn", "ocpi"
STEPS = {
    BECKN: ("request", "answer", "callback"),  # taken in; answered, from its arrival on; sent to the app
    OCPI: ("received", "sent", "pulled"),
}
OK, REFUSED, FAILED = "ok", "refused", "failed"  # refused: a no within the protocol; failed: no such answer
UNKNOWN, OTHER = "unknown", "other"
MOST_PARTNERS = 200  # of one process; those that come later are told together
BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LABELS = ("protocol", "step", "subject", "partner")
BY_SUBJECT, BY_PARTNER = LABELS[:3], ("protocol", "step", "partner")  # apart: together they are too many to scrape

log = logging.getLogger(__name__)

disable_created_metrics()  # type: ignore[no-untyped-call]
registry = CollectorRegistry()
if settings.PROMETHEUS_MULTIPROC_DIR:  # prometheus_client reads the name itself, and writes there by process
    Path(settings.PROMETHEUS_MULTIPROC_DIR).mkdir(parents=True, exist_ok=True)
    MultiProcessCollector(registry, settings.PROMETHEUS_MULTIPROC_DIR)  # type: ignore[no-untyped-call]
_own = None if settings.PROMETHEUS_MULTIPROC_DIR else registry
COUNT = Counter("emsp_exchanges", "Exchanges with partners", (*LABELS, "outcome"), registry=_own)
SECONDS = Histogram("emsp_exchange_seconds", "How long they took", BY_SUBJECT, buckets=BUCKETS_S, registry=_own)
PARTNER_SECONDS = Histogram(
    "emsp_partner_seconds", "How long they took, by partner", BY_PARTNER, buckets=BUCKETS_S, registry=_own
)
_partners: set[str] = set()


@dataclass
class Ending:
    """How an exchange ends; whoever leads it says so. status: the HTTP status, None where there was none."""

    outcome: str = OK
    status: int | None = None


@contextmanager
def exchange(protocol: str, step: str, *, subject: str, partner: str) -> Iterator[Ending]:
    """Time what happens in this block and tell it. An error that leaves the block is a failure, unless it says otherwise."""
    begun = monotonic()
    ending = Ending()
    try:
        yield ending
    except BaseException:
        ending.outcome = FAILED if ending.outcome == OK else ending.outcome
        raise
    finally:
        tell(protocol, step, ending, subject=subject, partner=partner, seconds=monotonic() - begun)


def tell(protocol: str, step: str, ending: Ending, *, subject: str, partner: str, seconds: float) -> None:
    """Tell an exchange that has just ended. The log line and the span carry the ids of the scope."""
    labels = (protocol, step, subject or UNKNOWN, _bounded(partner or UNKNOWN))
    count, of_subject, of_partner = series(*labels, ending.outcome)
    count.inc()
    of_subject.observe(seconds)
    of_partner.observe(seconds)
    told = {"protocol": protocol, "step": step, "subject": labels[2], "outcome": ending.outcome}
    if ending.status is not None:
        told["status"] = str(ending.status)
    if log.isEnabledFor(logging.INFO):
        log.info(
            "%s %s %s: %s", protocol, step, labels[2], ending.outcome,
            extra={**told, "partner": labels[3], "duration_ms": round(seconds * 1000, 1)},
        )  # fmt: skip
    if settings.OTEL_TRACES:
        tracing.span(f"{protocol} {step} {labels[2]}", told, seconds=seconds, failed=ending.outcome == FAILED)


@lru_cache(maxsize=1000)
def series(protocol: str, step: str, subject: str, partner: str, outcome: str) -> tuple[Counter, Histogram, Histogram]:
    """Where an exchange is counted and timed. To find it costs more than to count."""
    return (
        COUNT.labels(protocol, step, subject, partner, outcome),
        SECONDS.labels(protocol, step, subject),
        PARTNER_SECONDS.labels(protocol, step, partner),
    )


def serve(port: int) -> None:
    """Answer Prometheus on this port, for processes that are no web servers. Only the figures of exchanges."""
    start_http_server(port, registry=registry)


def _bounded(partner: str) -> str:
    if partner in _partners:
        return partner
    if len(_partners) >= MOST_PARTNERS:
        return OTHER
    _partners.add(partner)
    return partner
