"""A driver who goes through the pages as far as a test needs."""

from datetime import UTC, datetime, timedelta

from tests.beckn.bap import world
from tests.beckn.bap.process import Browser, Page
from tests.beckn.bap.stub_bpp import StubBpp

CONTACT = {"name": "Test Driver", "phone": "98765 43210", "email": "driver@example.com"}


def held(minutes: int = 15) -> tuple[str, str]:
    start = datetime.now(UTC)
    return start.isoformat(), (start + timedelta(minutes=minutes)).isoformat()


class Driver:
    """Each step posts a form, waits until the BAP took the callback, and returns the page then shown."""

    def __init__(self, browser: Browser, bpp: StubBpp) -> None:
        self.browser, self.bpp = browser, bpp
        self.order_path = ""

    def search(self, **form: str) -> Page:
        earlier = self.bpp.told_so_far("on_search")
        page = self.browser.post("/", **({"place": "connaught-place", "radius_km": "20"} | form))
        self.bpp.told("on_search", earlier + 1)
        return self.browser.get(page.path)

    def choose(self, results: Page | None = None, **form: str) -> Page:
        station = (results or self.search()).link(r"/searches/[^\"]+/stations/[^\"]+")
        if "select" not in self.bpp.scripts:
            self.bpp.script("select", {"order": world.order()})
        earlier = self.bpp.told_so_far("on_select")
        page = self.browser.post(station, **({"item": world.FREE, "quick": "8"} | form))
        self.order_path = page.path.removesuffix("/quote")
        self.bpp.told("on_select", earlier + 1)
        return self.browser.get(page.path)

    def book(self, **terms: object) -> Page:
        if not self.order_path:
            self.choose()
        if "init" not in self.bpp.scripts:
            told = {"held": held(), "payment": world.PREPAID, "cancellation_terms": world.FEE} | terms
            self.bpp.script("init", {"order": world.order("RESERVATION", **told)})
        page = self.browser.post(f"{self.order_path}/quote", **CONTACT)
        self.bpp.told("on_init")
        return self.browser.get(page.path)

    def confirm(self, state: str = "PENDING") -> Page:
        if not self.bpp.count("init"):
            self.book()
        if "confirm" not in self.bpp.scripts:
            paid = world.PREPAID | {"status": "PAID"}
            made = world.order(state, order_id=world.ORDER_ID, payment=paid, cancellation_terms=world.FEE)
            self.bpp.script("confirm", {"order": made})
        page = self.browser.post(f"{self.order_path}/terms")
        self.bpp.told("on_confirm")
        return self.browser.get(page.path)

    def charge(self, kwh: str = "3.20") -> Page:
        """The provider says unasked that the car charges."""
        if not self.bpp.count("confirm"):
            self.confirm()
        told = {"energy-delivered": f"{kwh}kWh", "power": "7.2kW", "soc": "65%",
                "start-time": "2026-01-05T10:03:00Z"}
        self.tell("on_status", world.order("ACTIVE", order_id=world.ORDER_ID, told=told, cancellation_terms=world.FEE))
        return self.browser.get(self.order_path)

    def finish(self) -> Page:
        """The provider sends the final bill unasked."""
        if not self.bpp.count("confirm"):
            self.confirm()
        self.tell("on_status", world.bill())
        return self.browser.get(self.order_path)

    def tell(self, action: str, order: dict, **context: str) -> None:
        transaction_id = self.bpp.asked("select").body["context"]["transaction_id"]
        answer = self.bpp.push(self.bpp.context(action, transaction_id, **context), {"order": order})
        assert answer.status_code == 200, answer.text
