"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from beckn.bap.words import Step


def site(request: HttpRequest) -> dict[str, Any]:
    """Name of the app, where map tiles come from, and after which refusals other stations are shown."""
    return {
        "brand": settings.BRAND,
        "tile_url": settings.TILE_URL,
        "tile_attribution": settings.TILE_ATTRIBUTION,
        "offers_others": (Step.SEARCH, Step.RETRY),
    }
