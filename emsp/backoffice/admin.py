"""Leads from the connections to the operator's page."""

from emsp.backoffice.operators import connections

__all__ = ["connections"]
