"""What the back office keeps for itself."""

from emsp.backoffice.models.links import ScorecardLink

__all__ = ["ScorecardLink"]
