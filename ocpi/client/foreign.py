"""Answers of a CPO that sends lists without OCPI's envelope and headers, in both. Source: ocpi.md T25."""

from dataclasses import replace

from requests.structures import CaseInsensitiveDict

from emsp.core.wire import WireError, encode
from ocpi.client.lenient import load_leniently
from ocpi.client.transport import Exchange
from ocpi.feeds import Adapter


def in_envelope(answer: Exchange, feed: Adapter) -> Exchange:
    """The answer as OCPI has it, where the adapter knows its form; else the answer itself."""
    try:
        body = load_leniently(answer.body)
    except WireError:
        return answer
    if answer.status not in range(200, 300) or (isinstance(body, dict) and "status_code" in body):
        return answer
    known = feed.in_envelope(body, answer.url)
    if known is None:
        return answer
    objects, following = known
    link = f'<{answer.url}>; rel="last"' if following is None else f'<{following}>; rel="next"'
    headers = CaseInsensitiveDict(answer.headers)
    headers["Link"] = link
    return replace(answer, headers=headers, body=encode({"data": objects, "status_code": 1000}))
