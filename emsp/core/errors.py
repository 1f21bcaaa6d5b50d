"""Business refusals. Each app defines its own beside the code that raises them."""


class DomainError(Exception):
    """Something a partner or member of staff asked for cannot be done; the text may be shown to them.

    The edges (beckn/errors.py, ocpi/errors.py) translate subclasses into their own codes.
    """
