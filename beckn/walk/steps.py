"""The steps of a walk, search to bill, as a driver's app takes them."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from beckn.walk.conversation import Conversation, Received, WalkFailed

DRIVER = {"name": "Walk Driver", "phone": "+910000000000", "email": "driver@walk.example"}
CHARGE_LIMIT_S = 180
METER_EVERY_S = 1
Report = Callable[[str, str, float | None, float | None], None]


class Walk:
    """One order. report(action, what came, seconds to ACK, seconds to callback) is told of each pair."""

    def __init__(self, app: Conversation, report: Report, *, gps: str, radius_km: int, energy_kwh: Decimal) -> None:
        self.app, self.report, self.gps, self.radius_km, self.energy_kwh = (
            app,
            report,
            gps,
            radius_km,
            energy_kwh,
        )
        self.provider_id = ""
        self.item: dict[str, Any] = {}
        self.order_id = ""

    def run(self) -> Received:
        """Walk to the bill and give the callback that carries it. Raises WalkFailed."""
        self.search()
        quote = self.ask("select", self.order()).order["quote"]
        terms = self.ask("init", self.order(with_driver=True)).order
        confirmed = self.ask(
            "confirm", self.order(with_driver=True, quote=quote, payments=terms.get("payments"))
        )
        self.order_id = confirmed.order["id"]
        self._news("charging", lambda c: c.state in ("ACTIVE", "COMPLETED"), 40)
        if self._charge().state == "ACTIVE":
            self.stop()
        return self._news("final bill", lambda c: c.order.get("status") == "COMPLETE", 60)

    def search(self) -> None:
        """Find the nearest free charger with a price. Raises WalkFailed when there is none."""
        circle = {"gps": self.gps, "radius": {"type": "CONSTANT", "value": str(self.radius_km), "unit": "km"}}
        intent = {"fulfillment": {"type": "CHARGING", "stops": [{"location": {"circle": circle}}]}}
        found = self.ask("search", {"intent": intent})
        for provider in found.body["message"]["catalog"]["providers"]:
            for item in provider.get("items") or []:
                if _tag(item, "status") == "Available" and "price" in item:
                    self.provider_id, self.item = provider["id"], item
                    return
        raise WalkFailed("search found no free charger with a price; is the demo's CPO pulled?")

    def order(self, *, with_driver: bool = False, quote: Any = None, payments: Any = None) -> dict[str, Any]:
        """The `message` of select, init (with_driver) and confirm (with quote and payments)."""
        measure = {"type": "CONSTANT", "value": str(self.energy_kwh), "unit": "kWh"}
        fulfillment: dict[str, Any] = {"id": self.item["fulfillment_ids"][0]}
        order: dict[str, Any] = {
            "provider": {"id": self.provider_id},
            "items": [{"id": self.item["id"], "quantity": {"selected": {"measure": measure}}}],
            "fulfillments": [fulfillment],
        }
        if with_driver:
            order["billing"] = DRIVER
            fulfillment["customer"] = {
                "person": {"name": DRIVER["name"]},
                "contact": {"phone": DRIVER["phone"]},
            }
        if quote:
            order["quote"] = {"id": quote["id"], "price": quote["price"]}
        if payments:
            order["payments"] = payments
        return {"order": order}

    def _charge(self) -> Received:
        """Look at the meter every second until the car has what it wants, or has ended by itself."""
        deadline = time.monotonic() + CHARGE_LIMIT_S
        while True:
            found, acked_s, answered_s = self.app.ask("status", {"order_id": self.order_id})
            if found.state != "ACTIVE" or _energy_kwh(found.order) >= self.energy_kwh:
                self.report("status", _summary(found), acked_s, answered_s)
                return found
            if time.monotonic() > deadline:
                raise WalkFailed(f"{self.energy_kwh} kWh were not charged within {CHARGE_LIMIT_S} s")
            time.sleep(METER_EVERY_S)

    def stop(self) -> None:
        """Ask for the end of the charge."""
        state = {"id": self.item["fulfillment_ids"][0], "state": {"descriptor": {"code": "stop-charging"}}}
        self.ask(
            "update",
            {
                "update_target": "order.fulfillments[0].state",
                "order": {"id": self.order_id, "fulfillments": [state]},
            },
        )

    def ask(self, action: str, message: dict[str, Any]) -> Received:
        """One request and its callback, reported."""
        found, acked_s, answered_s = self.app.ask(action, message)
        self.report(action, _summary(found), acked_s, answered_s)
        return found

    def _news(self, what: str, wanted: Callable[[Received], bool], seconds: float) -> Received:
        found = self.app.wait(lambda c: bool(c.order) and wanted(c), seconds, what)
        self.report("", _summary(found), None, None)
        return found


def _summary(callback: Received) -> str:
    parts = [callback.action]
    order = callback.order
    if order:
        parts += [order.get("status") or order.get("type") or "", callback.state]
        energy_kwh = _energy_kwh(order)
        parts.append(f"{energy_kwh} kWh" if energy_kwh else "")
        price = (order.get("quote") or {}).get("price") or {}
        parts.append(f"{price.get('value', '')} {price.get('currency', '')}".strip())
    elif "catalog" in callback.body.get("message", {}):
        items = [i for p in callback.body["message"]["catalog"]["providers"] for i in p.get("items") or []]
        parts.append(f"{len(items)} connectors")
    return " ".join(part for part in parts if part)


def _tag(item: dict[str, Any], code: str) -> str:
    for group in item.get("tags") or []:
        for tag in group.get("list") or []:
            if (tag.get("descriptor") or {}).get("code") == code:
                return str(tag.get("value", ""))
    return ""


def _energy_kwh(order: dict[str, Any]) -> Decimal:
    text = _tag({"tags": (order.get("fulfillments") or [{}])[0].get("tags")}, "energy-delivered")
    return Decimal(text.removesuffix("kWh") or 0)
