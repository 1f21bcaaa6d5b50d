"""What ends a demo."""


class DemoError(Exception):
    """The demo cannot go on. The message is one line for the person who started it, without secrets."""


class StopRequested(Exception):  # noqa: N818 - news, not an error
    """Ctrl-C or a termination signal: end everything in order."""
