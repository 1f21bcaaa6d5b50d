"""A whole order walked to its bill, and staff who look at it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from beckn.models import Transaction
from sessions.models import Order
from tests.flows.conftest import bap, bap_server, cpo, driver, fresh_memories, network  # noqa: F401 (fixtures)


@pytest.fixture
def staff(db):
    """A browser with a superuser logged in, apart from the one that partners use."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff", password="not-a-secret"))
    return client


@pytest.fixture
def reader(db):
    """Makes a browser of somebody with just these permissions, as app.codename."""

    def make(*permissions):
        user = User.objects.create_user("reader", is_staff=True)
        for name in permissions:
            app, codename = name.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def charged(driver, cpo):  # noqa: F811
    """The conversation of an order of 4.5 kWh, billed 91.00 INR at cost."""
    session = driver.charge()
    cpo.cdr(cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"]))
    return Transaction.objects.get(order=Order.objects.get())
