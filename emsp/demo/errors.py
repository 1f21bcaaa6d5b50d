"""What ends a demo."""


class DemoError(Exception):
    """The demo cannot go on. The message is one line for the person who started it, without secrets."""


class ProcessDied(DemoError):
    """A process ended that should run. name: which; the demo may start it again."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        super().__init__(text)


class StopRequested(Exception):  # noqa: N818 - news, not an error
    """Ctrl-C or a termination signal: end everything in order."""
