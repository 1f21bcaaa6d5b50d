"""An uploaded sheet waits for its confirmation in the database, where any web process finds it."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from emsp.backoffice.models import UploadedSheet
from emsp.backoffice.sheets import SheetStorage
from ocpi.models import Token

pytestmark = pytest.mark.django_db

SHEET = b"\xef\xbb\xbfuid,type,contract_id,whitelist,valid,language\n04000000000001,RFID,,NEVER,true,en\n"


def contents(file):
    try:
        return file.read_bytes()
    except OSError:
        return b""


def uploaded(browser):
    sheet = SimpleUploadedFile("cards.csv", SHEET)
    return browser.post(reverse("admin:ocpi_token_import"), {"import_file": sheet, "format": "0", "resource": ""})


def test_nothing_of_it_is_left_on_the_machine_and_none_in_clear(admin_client):
    here = Path(tempfile.gettempdir())
    before = set(here.iterdir())
    form = uploaded(admin_client).context["confirm_form"]

    assert {file for file in set(here.iterdir()) - before if SHEET in contents(file)} == set()
    row = UploadedSheet.objects.get()
    assert form.initial["import_file_name"] == row.name
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM backoffice_uploadedsheet")
        assert cursor.fetchone()[0].startswith("gAAAA")

    admin_client.post(reverse("admin:ocpi_token_process_import"), form.initial)
    assert (Token.objects.get().uid, UploadedSheet.objects.count()) == ("04000000000001", 0)


def test_one_that_is_gone_is_told_and_brings_in_nothing(admin_client):
    form = uploaded(admin_client).context["confirm_form"]
    UploadedSheet.objects.all().delete()

    answer = admin_client.post(reverse("admin:ocpi_token_process_import"), form.initial)

    assert (answer.status_code, Token.objects.count()) == (404, 0)


def test_what_is_not_confirmed_within_an_hour_is_forgotten_by_the_next():
    old, new = SheetStorage(), SheetStorage()
    old.save(b"\x00\xff old")
    UploadedSheet.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    new.save(b"\x00\xff new")

    assert SheetStorage(name=new.name, read_mode="rb").read() == b"\x00\xff new"
    with pytest.raises(Http404):
        SheetStorage(name=old.name).read()
