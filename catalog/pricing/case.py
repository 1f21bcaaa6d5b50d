"""One case as the `price` command reads it: a tariff with charging periods, or with facts.

Source: design.md §4 and §8, `manage.py price`; the shape is that of the reference's tariff cases.
"""

from collections.abc import Mapping
from typing import Any

from catalog.pricing.engine import price_facts, price_periods
from catalog.pricing.errors import TariffError
from catalog.pricing.facts import read_expired
from catalog.pricing.lines import StepMode
from catalog.pricing.priced import Priced
from catalog.pricing.reading import read_moment, read_object


def price_case(case: Mapping[str, Any], *, step_mode: StepMode | None = None) -> Priced:
    """The cost of a case; charging_periods win over facts.

    case: {tariff, ocpi_version, time_zone, step_mode, charging_periods, end_date_time, reservation_expired,
    facts}. tariff, ocpi_version, time_zone, step_mode and end_date_time may stand in facts as well.
    step_mode: wins over that of the case.
    Raises TariffError, naming the field, when it cannot be priced.
    """
    raw = case.get("facts")
    facts = {} if raw is None else dict(read_object(raw, "facts"))
    given = {**facts, **{name: value for name, value in case.items() if value is not None}}
    tariff = read_object(given.get("tariff"), "tariff")
    version = given.get("ocpi_version", "2.2.1")
    mode = step_mode or given.get("step_mode")
    expired = given.get("reservation_expired", read_expired(facts))
    if given.get("charging_periods") is not None:
        end = given.get("end_date_time")
        return price_periods(
            tariff,
            given["charging_periods"],
            time_zone=given.get("time_zone", ""),
            end=None if end is None else read_moment(end, "end_date_time"),
            ocpi_version=version,
            step_mode=mode,
            reservation_expired=expired,
        )
    if raw is None:
        raise TariffError("charging_periods", "missing, and there are no facts either")
    if facts.get("reservation") is not None:
        facts["reservation"] = {**read_object(facts["reservation"], "facts.reservation"), "expired": expired}
    return price_facts(
        tariff, {**facts, "time_zone": given.get("time_zone")}, ocpi_version=version, step_mode=mode
    )
