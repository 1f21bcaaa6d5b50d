"""StoreReport: what became of a page of objects."""

from dataclasses import dataclass, field
from datetime import datetime

from ocpi.services.refusals import Refusal


@dataclass
class StoreReport:
    """What became of the objects of one call of a store_* service.

    stored_ids: OCPI ids of those which are in the tables now: new, changed, unchanged, or ignored because
    something newer is there. created: how many of them are new. ignored: how many came too late.
    rejected: whole objects that could not be stored. partial: parts that were left out of stored objects
    (an EVSE or a connector); ocpi_id is the object's.
    newest_at: the largest last_updated among the stored ones, for the high-water mark of a pull.
    """

    stored_ids: list[str] = field(default_factory=list)
    created: int = 0
    ignored: int = 0
    rejected: list[Refusal] = field(default_factory=list)
    partial: list[Refusal] = field(default_factory=list)
    newest_at: datetime | None = None

    def saw(self, ocpi_id: str, last_updated: datetime) -> None:
        """Note that an object is stored."""
        self.stored_ids.append(ocpi_id)
        if self.newest_at is None or last_updated > self.newest_at:
            self.newest_at = last_updated
