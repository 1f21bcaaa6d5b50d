"""CPOs, their stations and tariffs, what they reported, and what we asked of them."""

from ocpi.admin import connections, mirror, tokens

__all__ = ["connections", "mirror", "tokens"]
