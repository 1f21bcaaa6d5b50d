"""A run as a report: the same members for the page and for --json."""

from typing import Any

from emsp.core.wire import moment_text
from emsp.developer.conformance.checks import FAILED, PASSED, SKIPPED, WARNING
from emsp.developer.models import ConformanceRun


def report_of(run: ConformanceRun) -> dict[str, Any]:
    """What was examined, when, and what each check found."""
    return {
        "kind": run.kind,
        "target": run.target,
        "with_commands": run.with_commands,
        "state": run.state,
        "passed": run.passed,
        "reason": run.reason,
        "started_at": moment_text(run.started_at) if run.started_at else None,
        "finished_at": moment_text(run.finished_at) if run.finished_at else None,
        "counts": {verdict: run.count(verdict) for verdict in (PASSED, FAILED, WARNING, SKIPPED)},
        "checks": run.checks,
    }
