"""Which rule applies: the most specific one that fits, then the higher priority, then the older rule; and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from catalog.pricing.clock import clock_instants
from catalog.retail.rule import Match, Rule, Sale

MOST_REASONS = 10
# From the most to the least specific: a rule that names the location beats one that does not, whatever else
# either of them names, and so on down the list.
ORDER = ("location", "app", "operator", "connector", "power band", "time window")
HORIZON = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rule that applies, None when none does (the operator's price passes through), and why."""

    rule: Rule | None
    why: tuple[str, ...]


def names(match: Match) -> tuple[bool, ...]:
    """Which of ORDER a rule names."""
    return (
        match.location_id is not None,
        bool(match.sold_through),
        match.party_id is not None,
        bool(match.connector_standard),
        match.has_power,
        match.has_window,
    )


def choose(rules: Iterable[Rule], sale: Sale) -> Chosen:
    """The rule for a sale. Order of precedence: ORDER, then priority, then the older rule (lower id)."""
    fitting: list[Rule] = []
    misfits: list[str] = []
    for rule in rules:
        reason = rule.match.misfit(sale) or _other_currency(rule, sale)
        if reason is None:
            fitting.append(rule)
        else:
            misfits.append(f"“{rule.name}” does not fit: {reason}.")
    fitting.sort(key=_precedence)
    if not fitting:
        return Chosen(None, ("No rule fits: the operator's price is passed through.", *_few(misfits)))
    best, *others = fitting
    beaten = [f"“{other.name}” fits too, but {_why_beaten(best, other)}." for other in others]
    return Chosen(best, (f"“{best.name}” applies: {_named(best.match)}.", *_few([*beaten, *misfits])))


def changes_at(rules: Iterable[Rule], sale: Sale, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The next moment (aware UTC) at which another rule may apply to this sale; None when never.

    Only the part of `sale` that does not change with time matters.
    """
    moments: set[datetime] = set()
    times_s: set[int] = set()
    for match in (rule.match for rule in rules):
        if match.misfit_of_place(sale) is not None:
            continue
        moments |= {moment.astimezone(UTC) for moment in (match.effective_from, match.effective_until) if moment}
        if match.has_window:
            edges = [edge for edge in (match.start_time, match.end_time) if edge is not None]
            times_s |= {edge.hour * 3600 + edge.minute * 60 + edge.second for edge in edges} | {0}
    moments |= clock_instants(times_s, at, at + HORIZON, zone)
    return min((moment for moment in moments if moment > at), default=None)


def _other_currency(rule: Rule, sale: Sale) -> str | None:
    if rule.terms.currency and rule.terms.currency != sale.currency:
        return f"its amounts are in {rule.terms.currency}, the tariff is in {sale.currency or 'no currency'}"
    return None


def _precedence(rule: Rule) -> tuple[tuple[bool, ...], int, int]:
    return tuple(not named for named in names(rule.match)), -rule.priority, rule.id


def _named(match: Match) -> str:
    listed = [word for word, named in zip(ORDER, names(match), strict=True) if named]
    return f"it names the {', the '.join(listed)}" if listed else "it is for every sale"


def _why_beaten(best: Rule, other: Rule) -> str:
    ours, theirs = names(best.match), names(other.match)
    for word, mine, its in zip(ORDER, ours, theirs, strict=True):
        if mine and not its:
            return f"does not name the {word}"
    if best.priority > other.priority:
        return f"has the lower priority, {other.priority} against {best.priority}"
    return "is the younger rule of equal priority"


def _few(sentences: Sequence[str]) -> list[str]:
    left_out = len(sentences) - MOST_REASONS
    shown = list(sentences[:MOST_REASONS])
    return [*shown, f"So it is with {left_out} further rules."] if left_out > 0 else shown
