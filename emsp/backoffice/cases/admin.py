"""Cases as staff work on them: a list to pick from, and one page with what was tried and what can be done."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from emsp.backoffice.cases import deeds, services
from emsp.backoffice.models import Case, CaseNotice
from emsp.core.admin import RecordAdmin
from emsp.core.errors import DomainError
from ocpi.wire.scalars import moment

STATES = {"open": "danger", "assigned": "warning", "resolved": "success"}
NOTICES = {"to be sent": "info", "sent": "success", "given up": "danger"}
RELATED = ("order", "session", "cdr", "callback", "support_request", "connection")


class AssignForm(forms.Form):
    """Who works on it; nobody: given back."""

    to = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="nobody", label="Assigned to",
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        able = [person.pk for person in staff if person.has_perm("backoffice.change_case")]
        self.fields["to"].queryset = staff.filter(pk__in=able)  # type: ignore[attr-defined]


class WordsForm(forms.Form):
    """A note."""

    words = forms.CharField(
        label="Note", max_length=services.NOTE_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    """Why it is resolved, or why a deed is done."""

    words = forms.CharField(
        label="Reason", max_length=services.REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )


class Mine(admin.SimpleListFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "mine"), ("nobody", "nobody's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() == "mine":
            return queryset.filter(assignee=request.user.pk)
        return queryset.filter(assignee=None) if self.value() == "nobody" else queryset


class Lasting(admin.SimpleListFilter):
    """Open and assigned ones together: what is left to do."""

    title = "done"
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "to do"), ("yes", "resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() == "no":
            return queryset.exclude(state="RESOLVED")
        return queryset.filter(state="RESOLVED") if self.value() == "yes" else queryset


@admin.register(Case)
class CaseAdmin(RecordAdmin):
    """Cases are opened by the watchdog; people assign, note and resolve them on the page of each."""

    list_display = ("label", "state_label", "summary", "assignee", "opened_at", "resolved_at")
    list_filter = (Lasting, "kind", Mine, "connection")
    search_fields = ("summary", "order__reference", "cdr__ocpi_id", "session__ocpi_id", "connection__name")
    list_select_related = ("assignee",)
    date_hierarchy = "opened_at"

    @display(description="case", ordering="kind")
    def label(self, case: Case) -> str:
        return f"{case.pk}: {case.get_kind_display()}"

    @display(description="state", label=STATES, ordering="state")
    def state_label(self, case: Case) -> str:
        return str(case.get_state_display())

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Working on cases needs the permission to change them, though their rows cannot be edited."""
        return request.user.has_perm("backoffice.change_case")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = {"assign": self.assign_view, "note": self.note_view, "resolve": self.resolve_view, "do": self.do_view}
        own = [
            path(f"<int:pk>/{name}/", view(require_POST(page)), name=f"backoffice_case_{name}")
            for name, page in pages.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of a case."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        case = self.get_object(request, object_id)
        if case is None:
            raise Http404
        works = self.has_work_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Case {case.pk}: {case.get_kind_display()}",
            "opts": self.opts,
            "case": case,
            "state_variant": STATES[case.get_state_display()],
            "subjects": _subjects(case, request),
            "tried": [{"at": moment(line["at"]), "text": line["text"]} for line in case.tried],
            "notes": case.notes.all(),
            "deeds": deeds.deeds_for(case, _person(request)),
            "works": works,
            "assign_form": AssignForm(initial={"to": case.assignee_id}, auto_id="assign_%s"),
            "note_form": WordsForm(auto_id="note_%s"),
            "resolve_form": ReasonForm(auto_id="resolve_%s"),
        }
        return TemplateResponse(request, "backoffice/case.html", context)

    def assign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it to somebody, or take it (`me`)."""
        case = self._case(request, pk)
        data = request.POST.copy()
        if "me" in data:
            data["to"] = str(request.user.pk)
        form = AssignForm(data)
        if form.is_valid():
            return self._try(request, case, lambda: services.assign(case, form.cleaned_data["to"], by=_person(request)))
        return self._say(request, case, "that person may not work on cases")

    def note_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case = self._case(request, pk)
        words = _words(WordsForm(request.POST))
        return self._try(request, case, lambda: services.note(case, words, by=_person(request)))

    def resolve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        case = self._case(request, pk)
        words = _words(ReasonForm(request.POST))
        return self._try(request, case, lambda: services.resolve(case, words, by=_person(request)))

    def do_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One of the deeds; who may is checked again by the deed."""
        case, deed = self._case(request, pk), request.POST.get("deed", "")
        reason = _words(ReasonForm(request.POST))
        return self._try(request, case, lambda: deeds.do(case, deed, by=_person(request), reason=reason))

    def _case(self, request: HttpRequest, pk: int) -> Case:
        if not self.has_work_permission(request):
            raise PermissionDenied
        return get_object_or_404(Case.objects.select_related(*RELATED), pk=pk)

    def _try(self, request: HttpRequest, case: Case, act: Any) -> HttpResponse:
        try:
            act()
        except DomainError as refusal:
            return self._say(request, case, str(refusal))
        self.message_user(request, "Done; it stands in the history below.")
        return _to(case)

    def _say(self, request: HttpRequest, case: Case, refusal: str) -> HttpResponse:
        self.message_user(request, f"{refusal[:1].upper()}{refusal[1:]}.", level=messages.WARNING)
        return _to(case)


@admin.register(CaseNotice)
class CaseNoticeAdmin(RecordAdmin):
    """Mails and webhook calls about cases."""

    list_display = ("case", "event", "channel", "state_label", "attempts", "created_at", "sent_at", "last_error")
    list_filter = ("state", "channel")
    list_select_related = ("case",)

    @display(description="state", label=NOTICES, ordering="state")
    def state_label(self, notice: CaseNotice) -> str:
        return str(notice.get_state_display())


def _subjects(case: Case, request: HttpRequest) -> list[dict[str, str]]:
    """What the case is about, with links for those who may follow them."""
    found = []
    for name in RELATED:
        row = getattr(case, name)
        if row is None:
            continue
        meta = row._meta
        may = request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
        try:
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]) if may else ""
        except NoReverseMatch:
            url = ""
        label = str(Case._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        state = row.get_state_display() if hasattr(row, "get_state_display") else ""
        state = state or getattr(row, "standing", "") or getattr(row, "status", "")
        found.append({"label": label, "text": str(row), "url": url, "state": str(state)})
    return found


def _words(form: forms.Form) -> str:
    """What was written; nothing where it cannot be stored or is too long."""
    return str(form.cleaned_data["words"]) if form.is_valid() else ""


def _person(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _to(case: Case) -> HttpResponse:
    return redirect(reverse("admin:backoffice_case_change", args=[case.pk]))
