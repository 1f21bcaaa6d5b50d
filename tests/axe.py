"""What axe-core finds wrong with a page of a browser."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")


def violations(page: Any) -> list[tuple[str, Any, str]]:
    """The serious violations on the page as it stands: rule, element, what to do."""
    page.wait_for_load_state("load")
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], node["target"], node["failureSummary"])
        for one in found if one["impact"] in SERIOUS for node in one["nodes"]
    ]  # fmt: skip
