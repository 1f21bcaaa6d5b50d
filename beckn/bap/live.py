"""The live session of an order as the page shows it: texts, ready to be put in place."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from beckn.bap import words
from beckn.bap.models import Order
from beckn.bap.services.exchanges import Outcome
from beckn.bap.stages import Stage
from beckn.bap.standing import Standing
from beckn.bap.templatetags.bap_format import money, quantity, share


@dataclass(frozen=True)
class Session:
    """Texts of the live page. page: changes when the page's buttons or blocks do. moving: still changing."""

    page: str
    moving: bool
    state: str
    energy: str
    cost: str
    cost_label: str
    power: str
    soc: str
    percent: int
    updated_at: str

    def as_json(self) -> dict[str, Any]:
        """For the script."""
        return asdict(self)


def session(order: Order, asked: Outcome | None) -> Session:
    """The order as it stands; asked: the newest request that changes it."""
    stands = order.standing
    cost, label = _cost(order, stands)
    moving = not stands.over and order.stage in (Stage.AGREED, Stage.CONFIRMED)
    return Session(
        page=":".join((order.stage, stands.status, stands.state, asked.state if asked else "")),
        moving=moving,
        state=str(words.standing_text(stands.status, stands.state)),
        energy=quantity(stands.delivered_kwh or Decimal(0)),
        cost=money(cost, stands.currency),
        cost_label=label,
        power=quantity(stands.power_kw, "kW"),
        soc=quantity(stands.soc_percent, "%"),
        percent=share(stands.delivered_kwh, order.energy_kwh),
        updated_at=order.document_at.isoformat() if order.document_at else "",
    )


def _cost(order: Order, stands: Standing) -> tuple[Decimal | None, str]:
    """The provider's running total; while that repeats the agreed price, energy so far at its rate."""
    if stands.over:
        return stands.total, _("Total")
    repeats = stands.quote_id == order.agreed_quote_id and stands.total == order.agreed_total
    if not repeats or stands.unit_price is None:
        return stands.total, _("Cost so far")
    return (stands.delivered_kwh or Decimal(0)) * stands.unit_price, _("Energy cost")
