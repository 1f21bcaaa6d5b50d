"""The sidebar of the back office leads to every page there is."""

from django.contrib import admin

from emsp.settings.backoffice import NEEDS, PAGES

ELSEWHERE: set[str] = set()  # pages that are reached from another page only


def test_every_registered_page_stands_in_the_sidebar_once():
    listed = [page for pages in PAGES.values() for _, _, page in pages]
    registered = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}

    assert registered - set(listed) == ELSEWHERE
    assert set(listed) <= registered | set(NEEDS)
    assert len(listed) == len(set(listed))
