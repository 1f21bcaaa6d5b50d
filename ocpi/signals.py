"""News from the CPOs. Sent inside the transaction that stores the change.

locations_stored: location_ids (list of pk). Anything of these locations, their EVSEs or connectors changed.
    Not of the status of an EVSE alone: what follows it is written with it (ocpi.services.evse_status).
tariffs_stored: tariff_ids (list of pk). New version, or deleted.
session_stored: session (ocpi.models.Session), created (bool).
cdr_stored: cdr (ocpi.models.Cdr). Once per CDR, also for credit CDRs.
command_finished: command (ocpi.models.Command), whose state is final, or which the CPO took back later.
"""

from django.dispatch import Signal

locations_stored = Signal()
tariffs_stored = Signal()
session_stored = Signal()
cdr_stored = Signal()
command_finished = Signal()
