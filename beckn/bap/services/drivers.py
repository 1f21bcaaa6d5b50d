"""What a driver tells of the own car."""

from decimal import Decimal

from beckn.bap.models import Driver


def set_vehicle(driver: Driver, *, connector: str, battery_kwh: Decimal | None) -> None:
    """Keep the car's plug and what its battery holds, in kWh; empty and None when the driver tells none."""
    driver.connector, driver.battery_kwh = connector, battery_kwh
    driver.save(update_fields=["connector", "battery_kwh"])
