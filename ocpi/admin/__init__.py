"""CPOs, their stations and tariffs, what they reported, and what we asked of them."""

from ocpi.admin import connections, mirror, quarantine, tokens

__all__ = ["connections", "mirror", "quarantine", "tokens"]
