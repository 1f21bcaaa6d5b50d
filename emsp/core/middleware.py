"""What every partner's request meets first: the size limit, and errors in the partner's own envelope."""


class PartnerEdgeMiddleware:
    """Placeholder order in the chain; see __call__."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
