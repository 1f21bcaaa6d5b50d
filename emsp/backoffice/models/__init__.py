"""What the back office keeps for itself."""

from emsp.backoffice.models.figures import HourlyFigure

__all__ = ["HourlyFigure"]
