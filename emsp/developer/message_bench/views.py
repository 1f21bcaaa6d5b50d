"""Pages of the message bench. What is pasted is answered on the same page and kept nowhere."""

from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from beckn.models import Callback, Request
from beckn.reading import read
from beckn.signing import BadKey
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.backoffice.operators.overview import check, page
from emsp.core.wire import WireError
from emsp.developer.message_bench import feed, replay, signatures
from emsp.developer.message_bench.forms import BECKN, FeedForm, ReadForm, ReplayForm, SignForm, VerifyForm
from emsp.developer.message_bench.reading import judge_beckn, judge_ocpi

NEEDED = "beckn.change_subscriber"  # who lets apps in works with their messages
_pasted = sensitive_post_parameters()


@_pasted
@never_cache
@require_http_methods(["GET", "POST"])
def read_page(request: HttpRequest) -> HttpResponse:
    """Is it valid?"""
    check(request, NEEDED)
    form, judgement = ReadForm(request.POST or None), None
    if form.is_valid():
        protocol, _, kind = form.cleaned_data["kind"].partition(" ")
        body = form.cleaned_data["body"]
        judgement = judge_beckn(body, kind, now=timezone.now()) if protocol == BECKN else judge_ocpi(body, protocol, kind)
    return page(request, "developer/bench/read.html", "Read a message", form=form, judgement=judgement)


@_pasted
@never_cache
@require_http_methods(["GET", "POST"])
def sign_page(request: HttpRequest) -> HttpResponse:
    """Digest, base string, header and code."""
    check(request, NEEDED)
    form, signed = SignForm(request.POST or None), None
    if form.is_valid():
        signed = _signed(form)
    return page(request, "developer/bench/sign.html", "Sign a message", form=form, signed=signed)


def _signed(form: SignForm) -> signatures.Signed | None:
    given = form.cleaned_data
    sender, url = _ends(given["body"])
    sender = given["subscriber_id"] or sender
    if not sender:
        form.add_error("subscriber_id", "The body names none: fill it in.")
        return None
    try:
        return signatures.sign(
            given["body"], subscriber_id=sender, unique_key_id=given["unique_key_id"],
            private_key=given["private_key"], url=given["url"] or url, now=timezone.now(),
        )  # fmt: skip
    except BadKey as error:
        form.add_error("private_key", str(error))
    except signatures.OwnKey:
        form.add_error("private_key", "this is the platform's own key, which signs nothing here")
    return None


def _ends(body: bytes) -> tuple[str, str]:
    """The sender that a message names and the URL it is for; empty text and our address where it names none."""
    try:
        context: Any = read(body).get("context")
    except WireError:
        context = None
    given = {name: value for name, value in context.items() if isinstance(value, str)} if isinstance(context, dict) else {}
    action = given.get("action", "")
    ours = action in MESSAGE_TYPES or not given.get("bap_uri")
    sender = given.get("bap_id" if action in MESSAGE_TYPES else "bpp_id", "")
    base = settings.BECKN_URI if ours else given["bap_uri"]
    return sender if signatures.is_id(sender) else "", f"{base.rstrip('/')}/{action}"


@_pasted
@never_cache
@require_http_methods(["GET", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """At which step does a signature fail?"""
    check(request, NEEDED)
    form, steps = VerifyForm(request.POST or None), None
    if form.is_valid():
        given = form.cleaned_data
        steps = signatures.verify(
            given["authorization"], given["body"], public_key=given["public_key"], body_digest=given["digest"],
            now=timezone.now(),
        )  # fmt: skip
    failed = next((step for step in steps or [] if step.verdict == signatures.FAILED), None)
    return page(request, "developer/bench/verify.html", "Verify a signature", form=form, steps=steps, failed=failed)


@never_cache
@require_GET
def feed_page(request: HttpRequest) -> HttpResponse:
    """The latest callbacks of an app; a script asks for feed_rows again and again."""
    check(request, NEEDED)
    names = feed.participants()
    chosen = request.GET.get("subscriber") or next(iter(names), "")
    form = FeedForm({"subscriber": chosen})
    lines = feed.latest(chosen) if form.is_valid() else []
    return page(request, "developer/bench/feed.html", "Callbacks", form=form, lines=lines, chosen=chosen, names=names)


@never_cache
@require_GET
def feed_rows(request: HttpRequest) -> HttpResponse:
    """The rows alone, as HTML."""
    check(request, NEEDED)
    form = FeedForm(request.GET)
    lines = feed.latest(form.cleaned_data["subscriber"]) if form.is_valid() else []
    return page(request, "developer/bench/feed_rows.html", "", lines=lines)


@_pasted
@never_cache
@require_http_methods(["GET", "POST"])
def replay_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Send a stored message once more. What was asked stands in the trail, also where it was refused."""
    check(request, NEEDED)
    check(request, f"beckn.view_{kind}")
    stored: Request | Callback = (
        get_object_or_404(Request, pk=pk) if kind == "request" else get_object_or_404(Callback, pk=pk)
    )
    form, sent = ReplayForm(request.POST or None), None
    if form.is_valid():
        base_url = form.cleaned_data["base_url"]
        said = f"Asked to replay it to {replay.origin_of(base_url)}."
        LogEntry.objects.log_actions(request.user.pk or 0, [stored], CHANGE, said, single_object=True)
        try:
            sent = replay.replay(stored, base_url, now=timezone.now())
        except replay.NotReplayable as refusal:
            form.add_error("base_url", str(refusal))
    title = f"Replay {stored.action}"
    return page(request, "developer/bench/replay.html", title, form=form, stored=stored, kind=kind, sent=sent)
