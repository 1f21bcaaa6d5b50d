"""The one error of the pricing engine."""


class TariffError(ValueError):
    """A tariff, its charging periods or facts cannot be priced.

    field: where, as `elements[0].price_components[1].price`; reason: what is wrong there.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}")
