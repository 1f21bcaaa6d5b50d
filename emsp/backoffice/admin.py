"""The pages of the back office's own apps."""

from emsp.backoffice.cases import admin as cases
from emsp.backoffice.conversation import admin as conversation
from emsp.backoffice.operators import admin as operators
from emsp.backoffice.roles import admin as roles

__all__ = ["cases", "conversation", "operators", "roles"]
