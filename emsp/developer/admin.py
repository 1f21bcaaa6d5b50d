"""Conformance runs in the back office: ask for one, watch it, hand its report on. Stored messages: replay one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from beckn.admin import CallbackAdmin as BareCallbackAdmin
from beckn.admin import RequestAdmin as BareRequestAdmin
from beckn.models import Callback, Request, Subscriber, SubscriberType
from emsp.core.admin import RecordAdmin
from emsp.developer.conformance import runs
from emsp.developer.conformance.links import OVER, report_url
from emsp.developer.conformance.report import report_of
from emsp.developer.message_bench.views import NEEDED
from emsp.developer.models import ConformanceRun, RunKind
from ocpi.models import ConnectionStatus, Party

COLOURS = {"passed": "success", "failed": "danger", "under way": "info", "could not be carried out": "warning"}


class RunForm(forms.Form):
    """Whom to examine, among those who are connected."""

    target = forms.ChoiceField(label="Partner")
    with_commands = forms.BooleanField(
        label="Start a charge too", required=False, widget=UnfoldBooleanWidget(),
        help_text="Operators only: START_SESSION at a free EVSE, and STOP_SESSION when its session has come.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = Party.objects.filter(connection__status=ConnectionStatus.REGISTERED)
        apps = Subscriber.objects.filter(type=SubscriberType.BAP).values_list("subscriber_id", flat=True)
        choices = [(f"cpo {p.country_code}-{p.party_id}", f"Operator {p}") for p in parties]
        choices += [(f"bap {name}", f"App {name}") for name in sorted(set(apps))]
        field = self.fields["target"]
        field.choices = choices  # type: ignore[attr-defined]
        field.widget.attrs["class"] = " ".join(UnfoldAdminTextInputWidget().attrs["class"].split())


@admin.register(ConformanceRun)
class ConformanceRunAdmin(RecordAdmin):
    """What was examined and found. A report holds neither tokens nor keys."""

    list_display = ("target", "kind", "verdict", "summary", "created_at", "finished_at")
    list_filter = ("kind", "state")
    search_fields = ("target",)
    actions_list = ("examine",)
    fields = readonly_fields = ("verdict", "progress", "link", "shown")

    class Media:
        css = {"all": ["developer/report.css"]}  # noqa: RUF012

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.run_view)
        return [path("run/", view, name="developer_conformancerun_run"), *super().get_urls()]

    @action(description="Examine a partner", url_path="examine", permissions=["run"])
    def examine(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:developer_conformancerun_run")

    def has_run_permission(self, request: HttpRequest, *args: Any) -> bool:
        return request.user.has_perm("developer.add_conformancerun")

    def run_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_run_permission(request):
            raise PermissionDenied
        form = RunForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            kind, target = form.cleaned_data["target"].split(" ", 1)
            charging = kind == RunKind.CPO and form.cleaned_data["with_commands"]
            try:
                run = runs.ask_for(kind, target, with_commands=charging)
            except runs.UnknownTarget as error:
                form.add_error("target", str(error))
            else:
                messages.success(request, f"{run} waits for a worker.")
                return redirect(reverse("admin:developer_conformancerun_change", args=[run.pk]))
        context = {**self.admin_site.each_context(request), "title": "Examine a partner", "form": form}
        return TemplateResponse(request, "admin/developer/run.html", context)

    @display(description="verdict", label=COLOURS)
    def verdict(self, run: ConformanceRun) -> str:
        if run.state not in OVER:
            return "under way"
        if run.reason:
            return "could not be carried out"
        return "passed" if run.passed else "failed"

    @display(description="checks")
    def summary(self, run: ConformanceRun) -> str:
        return f"{run.count('passed')} passed, {run.count('failed')} failed, {run.count('warning')} warned"

    @display(description="progress")
    def progress(self, run: ConformanceRun) -> str:
        return run.step and f"{len(run.checks)} checks done, last: {run.step}" or run.get_state_display()

    @display(description="link to hand on")
    def link(self, run: ConformanceRun) -> SafeString | str:
        if run.state not in OVER:
            return "when it is done"
        return format_html('<a class="underline" style="overflow-wrap:anywhere" href="{0}">{0}</a>', report_url(run))

    @display(description="report")
    def shown(self, run: ConformanceRun) -> SafeString:
        context = {"report": report_of(run), "kind": run.get_kind_display(), "finished_at": run.finished_at}
        return render_to_string("developer/report_body.html", context)


class Replayable(RecordAdmin):
    """A stored message, and above it the way to send it once more."""

    actions_detail = ("replay",)

    def has_replay_permission(self, request: HttpRequest, *args: Any) -> bool:
        return request.user.has_perm(NEEDED)

    @action(description="Replay", icon="replay", permissions=["replay"])
    def replay(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("message_bench:replay", self.opts.model_name, object_id)


admin.site.unregister(Request)
admin.site.unregister(Callback)


@admin.register(Request)
class RequestAdmin(Replayable, BareRequestAdmin):
    pass


@admin.register(Callback)
class CallbackAdmin(Replayable, BareCallbackAdmin):
    pass
