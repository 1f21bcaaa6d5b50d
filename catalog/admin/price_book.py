"""The price book's versions: draft, simulation, proposal, publication with its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from catalog.books import in_force, rules_of
from catalog.charts import OPTIONS, bars
from catalog.errors import NotPublishable
from catalog.models import BookState, PriceBookVersion, PriceRule
from catalog.services import price_book, simulation
from catalog.services.rule_words import matchers, terms
from emsp.core.admin import ask_first

COLOURS = {"draft": "info", "waits for a second person": "warning", "in force": "success"}
SIMULATED = timedelta(days=30)
MOST_CHARGES = 2_000


@dataclass(frozen=True)
class Move:
    """A step of a version: its button, what is asked before it, what is said after it, and the service."""

    label: str
    asks: str
    done: str
    act: Callable[..., Any]


class RuleInline(TabularInline):
    """The rules at a glance; each is edited on its own page."""

    model = PriceRule
    extra = 0
    can_delete = False
    show_change_link = True
    fields = readonly_fields = ("name", "for_what", "pays", "priority")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="for")
    def for_what(self, rule: PriceRule) -> str:
        return matchers(rule)

    @display(description="the driver pays")
    def pays(self, rule: PriceRule) -> str:
        return terms(rule)


@admin.register(PriceBookVersion)
class PriceBookAdmin(SimpleHistoryAdmin, ModelAdmin):
    """Only a draft can be changed; what was published stays as it was."""

    list_display = ("__str__", "state_label", "rule_count", "progress", "published_by", "published_at")
    list_filter = ("state",)
    search_fields = ("name", "note")
    fields = (
        "name",
        "note",
        "state_label",
        "progress",
        "created_by",
        "created_at",
        "proposed_by",
        "proposed_at",
        "published_by",
        "published_at",
    )
    readonly_fields = fields[2:]
    inlines = (RuleInline,)
    actions_list = ("draft_of_current",)
    actions_detail = ("add_rule", "simulate", "propose", "take_back", "publish")

    def has_change_permission(self, request: HttpRequest, obj: PriceBookVersion | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == BookState.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: PriceBookVersion | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == BookState.DRAFT)

    def has_edit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """May make drafts and propose them; what the state allows is told when it is tried."""
        return request.user.has_perm("catalog.change_pricebookversion")

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("catalog.publish_price_book")

    def get_urls(self) -> list[URLPattern]:
        simulated = self.admin_site.admin_view(self.simulation_view)
        return [
            path("<int:pk>/simulation/", simulated, name="catalog_pricebookversion_simulation"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: PriceBookVersion, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, version: PriceBookVersion) -> str:
        return "in force" if version.pk == in_force().pk else BookState(version.state).label

    @display(description="rules")
    def rule_count(self, version: PriceBookVersion) -> int:
        return version.rules.count()

    @display(description="offers priced")
    def progress(self, version: PriceBookVersion) -> SafeString | str:
        if version.state not in (BookState.PUBLISHING, BookState.PUBLISHED):
            return ""
        counted = f"{version.offers_done} of {version.offers_total}"
        if version.state == BookState.PUBLISHED:
            return counted
        return format_html(
            '<progress max="{}" value="{}"></progress> {}', version.offers_total, version.offers_done, counted
        )

    @action(description="New draft from what is in force", icon="edit_note", permissions=["edit"])
    def draft_of_current(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            title, asks = "New draft", "A draft is made that begins with the rules in force. No price changes by it."
            return ask_first(self, request, title=title, asks=asks, label="Make the draft")
        return _to(price_book.draft_of_current(by=request.user).pk)

    @action(description="Add a rule", icon="add", permissions=["edit"])
    def add_rule(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(f"{reverse('admin:catalog_pricerule_add')}?version={object_id}")

    @action(description="Simulate", icon="bar_chart", permissions=["view"])
    def simulate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(reverse("admin:catalog_pricebookversion_simulation", args=[object_id]))

    @action(description="Propose", icon="how_to_reg", permissions=["edit"])
    def propose(self, request: HttpRequest, object_id: int) -> HttpResponse:
        asks = "Its rules stand still from now on, and somebody else can publish it."
        move = Move("Propose", asks, "Proposed; somebody else can publish it now.", price_book.propose)
        return self._move(request, object_id, move)

    @action(description="Back to draft", icon="undo", permissions=["edit"])
    def take_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        asks = "It can be changed again, and must be proposed again before it is published."
        move = Move("Back to draft", asks, "A draft again.", lambda version, by: price_book.take_back(version))
        return self._move(request, object_id, move)

    @action(description="Publish", icon="publish", permissions=["publish"])
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        asks = "The whole catalogue is priced by it, and all new quotes. It can never be changed after that."
        done = "The catalogue is being priced; the version is in force when all offers are done."
        return self._move(request, object_id, Move("Publish", asks, done, price_book.publish))

    def _move(self, request: HttpRequest, object_id: int, move: "Move") -> HttpResponse:
        """Ask first: what changes prices needs a form of ours, not only a link."""
        version = get_object_or_404(PriceBookVersion, pk=object_id)
        if request.method != "POST":
            title, back = f"{move.label}: {version}", _address(object_id)
            return ask_first(self, request, title=title, asks=move.asks, label=move.label, back=back)
        try:
            move.act(version, by=request.user)
            self.message_user(request, move.done)
        except NotPublishable as refusal:
            self.message_user(request, f"{refusal}.".capitalize(), level=messages.ERROR)
        return _to(object_id)

    def simulation_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the version would have earned with the charges of the last thirty days, per rule."""
        version = get_object_or_404(PriceBookVersion, pk=pk)
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        until = timezone.now()
        charges = simulation.past_charges(until - SIMULATED, until, MOST_CHARGES)
        outcomes = simulation.simulate(rules_of(pk), charges)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Simulation of {version}",
            "opts": self.model._meta,
            "version": version,
            "outcomes": outcomes,
            "since": until - SIMULATED,
            "until": until,
            "cut": sum(outcome.charges for outcome in outcomes) >= MOST_CHARGES and MOST_CHARGES,
            "options": OPTIONS,
            "chart": bars(
                [f"{outcome.rule}, {outcome.currency}" for outcome in outcomes],
                {
                    "revenue": [outcome.revenue for outcome in outcomes],
                    "cost": [outcome.cost for outcome in outcomes],
                    "margin": [outcome.margin for outcome in outcomes],
                },
            ),
        }
        return TemplateResponse(request, "admin/catalog/simulation.html", context)


def _to(pk: int) -> HttpResponse:
    return redirect(_address(pk))


def _address(pk: int) -> str:
    return reverse("admin:catalog_pricebookversion_change", args=[pk])
