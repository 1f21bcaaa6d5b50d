"""GET /docs/…: public, the same for everybody."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.views.decorators.http import require_safe

from emsp.developer.guides.site import pages

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


@require_safe
def page(request: HttpRequest, name: str = "") -> HttpResponse:
    """A page of the documentation; 404 where there is none."""
    found = pages().get(name)
    if found is None:
        if f"{name}/" in pages():
            return HttpResponsePermanentRedirect(f"{request.path}/")
        raise Http404
    answer = HttpResponse(found.content, content_type=found.content_type)
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "public, max-age=300"
    return answer
