"""Who is at the browser: a driver known by a signed cookie, made at the first search."""

from uuid import UUID

from django.http import HttpRequest

from beckn.bap.models import Driver

KEY = "driver"


def current(request: HttpRequest) -> Driver | None:
    """The driver of this browser; None before the first search."""
    told = request.session.get(KEY)
    try:
        return Driver.objects.filter(pk=UUID(told)).first() if told else None
    except ValueError:
        return None


def known(request: HttpRequest) -> Driver:
    """The driver of this browser, made now when it has none."""
    driver = current(request)
    if driver is None:
        driver = Driver.objects.create()
        request.session[KEY] = str(driver.pk)
    return driver
