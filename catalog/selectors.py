"""Which tariff is in force at a connector. Source: ocpi.md 3.2, 4.1 (TariffType), T45, T46."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.errors import PriceUnknown
from catalog.models import Offer
from catalog.pricing import TariffError
from catalog.pricing.reading import read_moment
from ocpi.models import CONTRACT, Connector, PriceSource, Tariff, TariffVersion, contract_key

# The lowest rank is taken. A tariff without a type is valid for everybody.
RANKS = {"": 0, "REGULAR": 0, "AD_HOC_PAYMENT": 2}
RANK_OF_PROFILES = 1


@dataclass(frozen=True)
class Choice:
    """The tariff in force; None when there is none. changes_at: when that may be another one."""

    tariff: Tariff | None
    changes_at: datetime | None


class TariffBook:
    """The tariffs that some connectors name, loaded at once.

    An id is looked up at the connector's own party, then at the other parties of the platform (T45); ids are
    compared without case (T46). A deleted tariff is no tariff, and its id is not looked for elsewhere.
    A contract tariff holds for its own party alone.
    """

    def __init__(self, tariffs: Iterable[Tariff]) -> None:
        self._of_party: dict[tuple[int, str], Tariff] = {}
        self._of_connection: dict[tuple[int, str], Tariff] = {}
        for tariff in tariffs:
            self._of_party[tariff.party_id, tariff.key] = tariff
            if tariff.deleted_at is None and not tariff.key.startswith(CONTRACT):
                self._of_connection.setdefault((tariff.party.connection_id, tariff.key), tariff)

    @classmethod
    def load(cls, connection_ids: Iterable[int], tariff_ids: Iterable[str]) -> "TariffBook":
        """Those of these platforms with these ids, in one query."""
        keys = {tariff_id.casefold() for tariff_id in tariff_ids}
        if not keys:
            return cls([])
        return cls(
            Tariff.objects.filter(party__connection_id__in=set(connection_ids), key__in=keys)
            .select_related("party")
            .order_by("pk")
        )

    def named(self, tariff_ids: Iterable[str], *, party_id: int, connection_id: int) -> list[Tariff]:
        """The tariffs with these ids, in this order; ids that lead nowhere are left out."""
        found: list[Tariff] = []
        for key in dict.fromkeys(tariff_id.casefold() for tariff_id in tariff_ids):
            tariff = self._of_party.get((party_id, key)) or self._of_connection.get((connection_id, key))
            if tariff is not None and tariff.deleted_at is None:
                found.append(tariff)
        return found


def priced_by(price_source: str, tariff_ids: Iterable[str]) -> tuple[str, ...]:
    """Ids of the tariffs that price a connector which names these: the same, or the contract's in their place (T48)."""
    if price_source == PriceSource.CONTRACT:
        return (*map(contract_key, tariff_ids), contract_key(""))
    return tuple(tariff_ids)


def choose(tariffs: Sequence[Tariff], at: datetime) -> Choice:
    """The tariff for a driver of ours who starts at `at` (aware), out of those that a connector names.

    REGULAR or no type, else a profile tariff, else AD_HOC_PAYMENT; the connector's order decides the rest.
    """
    moments: list[datetime] = []
    valid: list[Tariff] = []
    for tariff in tariffs:
        start_at, end_at = validity(tariff.raw)
        if start_at is not None and start_at > at:
            moments.append(start_at)
        elif end_at is None or at < end_at:
            valid.append(tariff)
    best = min(valid, key=_rank, default=None)
    ends_at = validity(best.raw)[1] if best is not None else None
    if ends_at is not None:
        moments.append(ends_at)
    return Choice(best, min(moments, default=None))


def validity(tariff: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """start_date_time and end_date_time of an OCPI tariff; None where it has none that can be read."""
    return _moment(tariff.get("start_date_time")), _moment(tariff.get("end_date_time"))


def tariff_for(place: Offer | Connector, at: datetime) -> tuple[dict[str, Any], int | None]:
    """The OCPI tariff that prices a charge starting at `at`, and the pk of its TariffVersion.

    Raises PriceUnknown when no tariff is in force there.
    """
    if isinstance(place, Offer):
        connector, party = place.connector, place.party
    else:
        connector, party = place, place.evse.location.party
    tariff_ids = priced_by(party.connection.price_source, connector.tariff_ids)
    book = TariffBook.load([party.connection_id], tariff_ids)
    named = book.named(tariff_ids, party_id=party.pk, connection_id=party.connection_id)
    tariff = choose(named, at).tariff
    if tariff is None:
        raise PriceUnknown("the operator has told no price that holds for this charger now")
    version = TariffVersion.objects.filter(tariff=tariff).order_by("-number").first()
    return (version.raw, version.pk) if version else (tariff.raw, None)


def _rank(tariff: Tariff) -> int:
    return RANKS.get(str(tariff.raw.get("type") or "").strip().upper(), RANK_OF_PROFILES)


def _moment(value: Any) -> datetime | None:
    try:
        return read_moment(value, "date_time") if value else None
    except TariffError:
        return None  # a wrong optional member is dropped, the object stays (ocpi.md 1.11)
