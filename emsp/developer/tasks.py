"""Background work of the integrators' door."""

from celery import shared_task


@shared_task(ignore_result=True, acks_late=True)
def carry_out() -> None:
    """Carry out the conformance runs that wait. Safe to run twice: a run is claimed before it begins."""
    from emsp.developer.conformance import runs

    runs.carry_out_queued()


@shared_task(ignore_result=True, acks_late=True)
def sweep() -> None:
    """End the runs whose worker died, carry out those that no wake-up told of. Safe to run twice."""
    from emsp.developer.conformance import runs

    runs.sweep()
