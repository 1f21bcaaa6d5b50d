"""Conversations in the back office: the search, the timeline, and what staff can do about it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from beckn.admin import LeanAdmin
from beckn.models import Callback, Transaction
from beckn.services import callbacks
from emsp.backoffice.conversation.asking import ask_again
from emsp.backoffice.conversation.contents import bundle, text_of
from emsp.backoffice.conversation.folding import folded
from emsp.backoffice.conversation.search import conversations_of
from emsp.backoffice.conversation.timeline import Subject, entries_of, row_of
from emsp.backoffice.conversation.validity import validity_of
from emsp.backoffice.erasure import service as erasure
from emsp.core.admin import RecordAdmin, ask_first, note

NAME = "admin:beckn_transaction_{}"
SEND_AGAIN, ASK_AGAIN = "beckn.change_callback", "charging_sessions.change_order"
ERASE = "beckn.erase_driver"


@admin.register(Transaction)
class ConversationAdmin(RecordAdmin, LeanAdmin):
    """One conversation: messages of both networks, the order, its money, and what staff did."""

    deferred = ("billing", "customer", "payments", "context")
    list_display = ("transaction_id", "bap_id", "order_link", "created_at")
    ordering = ("-id",)
    list_select_related = ("order",)
    show_full_result_count = False
    list_before_template = "backoffice/search.html"

    @display(description="order")
    def order_link(self, conversation: Transaction) -> SafeString | str:
        if conversation.order is None:
            return ""
        url = reverse("admin:charging_sessions_order_change", args=[conversation.order_id])
        return format_html(
            '<a class="underline" href="{}">{} ({})</a>', url, conversation.order, conversation.order.state
        )

    def get_urls(self) -> list[URLPattern]:
        def to(route: str, view: Any, name: str) -> URLPattern:
            guarded: Any = self.admin_site.admin_view(view)
            made: URLPattern = path(route, guarded, name=f"beckn_transaction_{name}")
            return made

        return [
            to("find/", require_POST(self.find_view), "find"),
            to("<int:pk>/content/<slug:kind>/<int:row>/", self.content_view, "content"),
            to("<int:pk>/send-again/<int:callback>/", require_POST(self.send_again_view), "send_again"),
            to("<int:pk>/ask-again/", require_POST(self.ask_again_view), "ask_again"),
            to("<int:pk>/erase/", self.erase_view, "erase"),
            to("<int:pk>/bundle/", require_POST(self.bundle_view), "bundle"),
            *super().get_urls(),
        ]

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """To what was looked for. It comes by POST: a phone number must not stand in an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = list(conversations_of(request.POST.get("words", "")).values_list("pk", flat=True))
        if len(found) == 1:
            return redirect(NAME.format("change"), found[0])
        everything = reverse(NAME.format("changelist"))
        if found:
            return redirect(f"{everything}?id__in={','.join(map(str, found))}")
        self.message_user(
            request,
            "Nothing was found. Ids are compared whole; a phone number must be as the app sent it, with country code.",
            messages.WARNING,
        )
        return redirect(everything)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The timeline, without the contents of its messages."""
        conversation = self.get_object(request, object_id)
        if conversation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if request.method == "POST" or not self.has_view_permission(request, conversation):
            raise PermissionDenied  # nothing is saved here
        subject = Subject.of(conversation)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Conversation {conversation.transaction_id}",
            "opts": self.opts,
            "conversation": conversation,
            "orders": subject.orders,
            "entries": folded(entries_of(subject, request.user.has_perm)),
            "may_send_again": request.user.has_perm(SEND_AGAIN),
            "may_erase": request.user.has_perm(ERASE),
            "may_ask_again": request.user.has_perm(ASK_AGAIN) and bool(subject.orders),
        }
        return TemplateResponse(request, "backoffice/conversation.html", context)

    def content_view(self, request: HttpRequest, pk: int, kind: str, row: int) -> HttpResponse:
        """What one entry says and whether it is valid, as a piece of the page."""
        found = row_of(self._subject(request, pk), kind, row, request.user.has_perm)
        if found is None:
            raise Http404
        context = {"text": text_of(found), "validity": validity_of(found)}
        return TemplateResponse(request, "backoffice/content.html", context)

    def send_again_view(self, request: HttpRequest, pk: int, callback: int) -> HttpResponse:
        """Put one callback of the conversation back into the outbox."""
        subject = self._subject(request, pk, SEND_AGAIN)
        row = get_object_or_404(Callback.objects.filter(subject.messages), pk=callback)
        if callbacks.send_again(row):
            note(request, row, f"Sent {row.action} again.")
            self.message_user(request, f"{row.action} will be sent again.")
        else:
            self.message_user(request, f"{row.action} is on its way already.", messages.WARNING)
        return self._back(pk)

    def ask_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the operator read again for each order of the conversation."""
        subject = self._subject(request, pk, ASK_AGAIN)
        for order in subject.orders[:1]:
            asked = ask_again(order)
            if asked:
                note(request, order, f"Asked {order.party} again: {asked}.")
                self.message_user(request, f"{order.party} is being asked: {asked}. Reload in a moment.")
            else:
                self.message_user(request, f"{order.party} is not registered.", messages.WARNING)
        return self._back(pk)

    def bundle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything on the page that one may see, as a zip of masked JSON."""
        subject = self._subject(request, pk)
        answer = HttpResponse(
            bundle(subject, entries_of(subject, request.user.has_perm)), content_type="application/zip"
        )
        answer["Content-Disposition"] = f'attachment; filename="conversation-{pk}.zip"'
        note(request, subject.conversation, "Exported the conversation.")
        return answer

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what is kept of the driver of a conversation, and erase it when that is answered with yes."""
        conversation = self._subject(request, pk, ERASE).conversation
        traces = erasure.traces_in(conversation)
        back = reverse(NAME.format("change"), args=[pk])
        if request.method == "POST":
            try:
                report = erasure.erase(traces)
            except erasure.StillRunning as refusal:
                self.message_user(request, f"Nothing was erased, {refusal}.", messages.WARNING)
                return redirect(back)
            note(request, conversation, f"Erased the driver: {', '.join(report.lines())}.")
            self.message_user(request, "The driver was erased.")
            return redirect(back)
        return ask_first(
            self, request, title="Erase the driver", label="Erase", back=back, template="backoffice/erase.html",
            asks="Everything that tells who the driver of this conversation is goes, in all their conversations.",
            lines=erasure.report_of(traces).lines(),
        )  # fmt: skip

    def _subject(self, request: HttpRequest, pk: int, permission: str = "") -> Subject:
        conversation = get_object_or_404(Transaction.objects.select_related("order"), pk=pk)
        if not self.has_view_permission(request, conversation):
            raise PermissionDenied
        if permission and not request.user.has_perm(permission):
            raise PermissionDenied
        return Subject.of(conversation)

    def _back(self, pk: int) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse(NAME.format("change"), args=[pk]))
