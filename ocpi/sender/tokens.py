"""Tokens module, sender: list and authorization. Source: OCPI 2.2.1, mod_tokens; ocpi.md 1.8, 3.5."""

from rest_framework.request import Request
from rest_framework.response import Response

from emsp.core.wire import load_json
from ocpi.envelope import success
from ocpi.receiver.door import OcpiView
from ocpi.services.token_answers import MOST_PER_PAGE, PageWish, authorize, token_page
from ocpi.versions import V2_2_1
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.tokens import LocationReferences


class TokensView(OcpiView):
    """GET our tokens, page by page."""

    def get(self, request: Request) -> Response:
        wish = PageWish.of(request.query_params.dict())
        page = token_page(wish)
        headers = {"X-Total-Count": str(page.total), "X-Limit": str(MOST_PER_PAGE)}
        following = wish.offset + wish.limit
        if following < page.total:
            headers["Link"] = f'<{_page_url(request, following, wish.limit)}>; rel="next"'
        return success(page.tokens, headers=headers)


class AuthorizeView(OcpiView):
    """POST {token_uid}/authorize: may this driver charge?"""

    def post(self, request: Request, tail: str) -> Response:
        body = load_json(request.body) if request.body.strip() else None
        place = read(body, LocationReferences) if body else None
        return success(authorize(self.peer.connection, tail, request.query_params.get("type", ""), place))


def _page_url(request: Request, offset: int, limit: int) -> str:
    """The list's public address, never the Host header's, with all parameters of the request."""
    parameters = request.query_params.copy()
    parameters["offset"], parameters["limit"] = str(offset), str(limit)
    return f"{V2_2_1.url}/tokens?{parameters.urlencode()}"
