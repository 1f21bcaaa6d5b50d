"""News of orders becomes callbacks."""
