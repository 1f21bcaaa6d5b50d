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
