"""Celery tasks of OCPI: wake-ups for work that stands in rows. All may run twice, late, or side by side."""

from celery import Task, shared_task


@shared_task(bind=True, ignore_result=True, acks_late=True)
def dispatch_commands(task: "Task[[], None]") -> None:
    """Send the commands that are due."""
    from ocpi.services import commands

    # An eager run shares its caller's thread and database connection.
    commands.dispatch_due(parallel=not task.request.is_eager)


@shared_task(bind=True, ignore_result=True, acks_late=True)
def sweep_commands(task: "Task[[], None]") -> None:
    """Move on commands that are overdue, and send those that no wake-up has told of."""
    from ocpi.services import commands

    commands.sweep()
    commands.dispatch_due(parallel=not task.request.is_eager)


@shared_task(ignore_result=True, acks_late=True)
def pull_due() -> None:
    """Have the peers pulled of which something is due."""
    from ocpi.services import pulls

    pulls.request_due()


@shared_task(ignore_result=True, acks_late=True)
def pull_connection(connection_pk: int, only_due: bool = False) -> None:
    """Pull all modules of a peer, or those that are due. A module that is being pulled is left out."""
    from ocpi.models import Connection
    from ocpi.services import pulls

    connection = Connection.objects.filter(pk=connection_pk).first()
    if connection is None:
        return
    if only_due:
        pulls.pull_due(connection)
    else:
        pulls.pull_connection(connection, insist=True)  # somebody asked for it


@shared_task(ignore_result=True, acks_late=True)
def pull_module(connection_pk: int, module: str) -> None:
    """Pull one module of a peer."""
    from ocpi.models import Connection
    from ocpi.services import pulls

    connection = Connection.objects.filter(pk=connection_pk).first()
    if connection is not None:
        pulls.pull_module(connection, module)


@shared_task(ignore_result=True, acks_late=True)
def fetch_location(party_pk: int, location_id: str) -> None:
    """Read one location at its CPO."""
    from ocpi.models import Party
    from ocpi.services import pull_objects

    party = Party.objects.select_related("connection").filter(pk=party_pk).first()
    if party is not None:
        pull_objects.fetch_location(party, location_id)


@shared_task(ignore_result=True, acks_late=True)
def fetch_session(party_pk: int, session_id: str) -> None:
    """Read one session at its CPO."""
    from ocpi.models import Party
    from ocpi.services import pull_objects

    party = Party.objects.select_related("connection").filter(pk=party_pk).first()
    if party is not None:
        pull_objects.fetch_session(party, session_id)


@shared_task(ignore_result=True, acks_late=True)
def probe_silent() -> None:
    """Beat: ask the peers that did not answer, as soon as their pauses are over."""
    from ocpi.services import silent_peers

    silent_peers.probe()


@shared_task(ignore_result=True, acks_late=True)
def push_tokens() -> None:
    """Wake-up and beat: push the tokens that are due to their CPOs."""
    from ocpi.services import token_copies

    token_copies.push_due()


@shared_task(ignore_result=True, acks_late=True)
def check_tokens() -> None:
    """Wake-up and beat: read at the CPOs the tokens whose copies were not looked at for a day."""
    from ocpi.services import token_copies

    token_copies.check_due()
