"""News from the CPOs that moves an order."""
