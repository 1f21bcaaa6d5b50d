"""Pages of the back office that belong to no single app."""

from emsp.backoffice.conversation import admin as conversation

__all__ = ["conversation"]
