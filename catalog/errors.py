"""Why something cannot be priced. Texts may be shown to the driver."""

from emsp.core.errors import DomainError


class PriceUnknown(DomainError):
    """No price is known for this charger now: no tariff in force, or one that says nothing (ocpi.md 4.8)."""


class AmountTooSmall(DomainError):
    """The amount of money does not buy any energy, fees included."""


class NotPublishable(DomainError):
    """A version of the price book cannot make this move now."""
