"""What is suspicious about what an operator told us: to be shown to staff, and to be told to the operator."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, Func, OuterRef, Q, TextField
from django.utils import timezone

from catalog.models import Offer
from catalog.pricing.lint import Severity, lint
from ocpi.models import Connection, Connector, Evse, Location, Tariff

STALE = timedelta(days=1)
PASSING = ("CHARGING", "RESERVED", "BLOCKED")
EXAMPLES = 5
MOST_TARIFFS = 200


@dataclass(frozen=True)
class Finding:
    """severity: error, warning or hint. count: how many objects; examples: ids of some of them."""

    severity: str
    text: str
    count: int
    examples: tuple[str, ...]


def findings(connection: Connection) -> list[Finding]:
    """The findings on a connection's stations and tariffs, the gravest first."""
    found = [*_locations(connection), *_offers(connection), *_statuses(connection), *_tariffs(connection)]
    order = [severity.value for severity in Severity]
    return sorted(found, key=lambda finding: (order.index(finding.severity), -finding.count, finding.text))


def _found(severity: Severity, text: str, ids: list[str], count: int | None = None) -> Iterator[Finding]:
    if ids:
        yield Finding(severity.value, text, len(ids) if count is None else count, tuple(ids[:EXAMPLES]))


def _locations(connection: Connection) -> Iterator[Finding]:
    here = Location.objects.filter(party__connection=connection, gone_at=None).order_by("ocpi_id")
    nowhere = here.filter(latitude=0, longitude=0)
    ids = list(nowhere.values_list("ocpi_id", flat=True)[:EXAMPLES])
    yield from _found(Severity.ERROR, "Sites without coordinates", ids, nowhere.count())
    usable = Connector.objects.filter(evse__location=OuterRef("pk"), removed=False).exclude(evse__status="REMOVED")
    bare = here.filter(~Exists(usable))
    ids = list(bare.values_list("ocpi_id", flat=True)[:EXAMPLES])
    yield from _found(Severity.WARNING, "Sites without a connector: nothing is offered there", ids, bare.count())
    gone = Location.objects.filter(party__connection=connection).exclude(gone_at=None).order_by("ocpi_id")
    ids = list(gone.values_list("ocpi_id", flat=True)[:EXAMPLES])
    yield from _found(Severity.HINT, "Sites that the last complete pull did not find any more", ids, gone.count())


def _offers(connection: Connection) -> Iterator[Finding]:
    offers = Offer.objects.filter(party__connection=connection, listed=True, cost_price=None).order_by("pk")
    ids = [f"{place} {name}" for place, name in offers.values_list("location_ocpi_id", "name")[:EXAMPLES]]
    yield from _found(Severity.WARNING, "Connectors without a price per kWh", ids, offers.count())
    weak = Offer.objects.filter(Q(power_w=None) | Q(power_w=0), party__connection=connection, listed=True).order_by("pk")
    ids = [f"{place} {name}" for place, name in weak.values_list("location_ocpi_id", "name")[:EXAMPLES]]
    text = "Connectors without power: quotes assume the usual one"
    yield from _found(Severity.WARNING, text, ids, weak.count())
    named = (
        Connector.objects.filter(evse__location__party__connection=connection, removed=False)
        .exclude(evse__status="REMOVED")
        .annotate(named=Func(F("tariff_ids"), function="unnest", output_field=TextField()))
        .values_list("named", flat=True)
    )
    known = set(Tariff.objects.filter(party__connection=connection, deleted_at=None).values_list("key", flat=True))
    unknown = Counter(tariff_id for tariff_id in named if tariff_id.casefold() not in known)
    told = [f"{tariff_id} ({count} connectors)" for tariff_id, count in unknown.most_common()]
    yield from _found(Severity.ERROR, "Tariffs that connectors name and that we were never told", told)


def _statuses(connection: Connection) -> Iterator[Finding]:
    here = Evse.objects.filter(location__party__connection=connection, location__gone_at=None).order_by("uid")
    stale = here.filter(status__in=PASSING, last_updated__lt=timezone.now() - STALE)
    ids = list(stale.values_list("uid", flat=True)[:EXAMPLES])
    text = "Charge points that are charging, reserved or blocked for more than a day: stale statuses"
    yield from _found(Severity.WARNING, text, ids, stale.count())
    unknown = here.filter(status="UNKNOWN")
    ids = list(unknown.values_list("uid", flat=True)[:EXAMPLES])
    yield from _found(Severity.HINT, "Charge points whose status is unknown", ids, unknown.count())


def _tariffs(connection: Connection) -> Iterator[Finding]:
    """What the linter says, the same sentence once for all tariffs."""
    where: dict[tuple[Severity, str], list[str]] = {}
    tariffs = Tariff.objects.filter(party__connection=connection, deleted_at=None).select_related("party")
    for tariff in tariffs.order_by("ocpi_id")[:MOST_TARIFFS]:
        said = lint(tariff.raw, ocpi_version=connection.version, country_code=tariff.party.country_code)
        for severity, text in dict.fromkeys((finding.severity, finding.text) for finding in said):
            where.setdefault((severity, text), []).append(tariff.ocpi_id)
    for (severity, text), ids in where.items():
        yield from _found(severity, f"Tariffs: {text}", ids)
