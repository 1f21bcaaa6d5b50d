"""GET /docs/…: public, the same for everybody."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.views.decorators.http import require_safe

from emsp.developer.guides.site import pages

POLICY = {"default-src": [NONE], "style-src": [SELF], "img-src": [SELF], "form-action": [NONE]}


@require_safe
@csp_replace(POLICY)
def page(request: HttpRequest, name: str = "") -> HttpResponse:
    """A page of the documentation; 404 where there is none."""
    found = pages().get(name)
    if found is None:
        if f"{name}/" in pages():
            return HttpResponsePermanentRedirect(f"{request.path}/")
        raise Http404
    answer = HttpResponse(found.content, content_type=found.content_type)
    answer["Cache-Control"] = "public, max-age=300"
    return answer
