"""Erasing what is kept of a driver (docs/security.md, personal data)."""
