"""What a partner's page in the back office says of its circuit, and the button that closes it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from unfold.decorators import action, display

from emsp.core import circuits
from emsp.core.admin import ask_first, note
from emsp.core.circuits import Partner

ASKS = (
    "The next call goes out at once, and so do the others. While it does not answer, each of them waits until its time is "
    "up, and the circuit opens again."
)


def told(partner: Partner) -> str:
    """How the calls to a partner stand, in a sentence or two."""
    circuit = circuits.of(partner)
    if circuit is None:
        return "Called as usual; nothing failed yet."
    last = f"Last failure {_moment(circuit.last_failure_at)}: {circuit.last_failure}."
    if circuit.opened_at is None:
        in_a_row = f" {circuit.failures} in a row now." if circuit.failures else ""
        return f"Called as usual.{in_a_row} {last}"
    if circuit.at_commands:
        tried = f"the next may go out {_moment(circuit.probe_at)} and finds out"
        return f"Answers, but not to commands: these are left alone since {_moment(circuit.opened_at)}; {tried}. {last}"
    return f"Left alone since {_moment(circuit.opened_at)}; next probe {_moment(circuit.probe_at)}. {last}"


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"


class CircuitPages:
    """The part of a partner's admin that is about its circuit; the rows have a `partner`."""

    model: Any
    opts: Any
    message_user: Callable[..., None]

    @display(description="calls to it")
    def circuit(self, row: Any) -> str:
        return told(row.partner)

    @action(description="Close the circuit", icon="electrical_services", permissions=["change"])
    def close_circuit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = get_object_or_404(self.model, pk=object_id)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        if request.method != "POST":
            asks = f"{told(row.partner)} {ASKS}"
            return ask_first(self, request, title=f"Close the circuit: {row}", asks=asks, label="Close it", back=back)
        circuits.close(row.partner)
        note(request, row, "Closed the circuit.")
        self.message_user(request, "It is called as usual again.")
        return redirect(back)
