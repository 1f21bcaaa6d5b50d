"""An order from quote to bill. App label `charging_sessions`: Django's own keeps `sessions`."""
