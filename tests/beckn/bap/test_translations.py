"""The catalogues: nothing untranslated, placeholders kept, compiled as they stand; and pages that use them."""

import re

import pytest

from deploy import translations

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")
LANGUAGES = [folder.name for folder in sorted(translations.LOCALE.iterdir())]


def test_hindi_is_there():
    assert LANGUAGES == ["hi"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_a_translation_and_none_is_left_over(language):
    kept = {
        message.id if isinstance(message.id, str) else tuple(message.id): message.string
        for message in translations.catalogue(language) if message.id
    }
    untranslated = [key for key, text in kept.items() if not all([text] if isinstance(text, str) else text)]
    assert untranslated == []
    wanted = set(translations.messages())
    assert wanted - set(kept) == set() and set(kept) - wanted == set()  # else: make messages


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language):
    wrong = []
    for message in translations.catalogue(language):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        told = {tuple(sorted(PLACEHOLDER.findall(text))) for text in ids}
        if message.id and any(tuple(sorted(PLACEHOLDER.findall(text))) not in told for text in texts):
            wrong.append(message.id)
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_served_is_what_is_kept(language):
    compiled = (translations.LOCALE / language / "LC_MESSAGES" / "django.mo").read_bytes()
    assert compiled == translations.compiled(translations.catalogue(language))


def test_the_whole_app_speaks_hindi_once_it_is_chosen(driver):
    page = driver.browser.post("/language", language="hi", next="/")
    assert page.path == "/" and '<html lang="hi">' in page.html and "आप कहाँ चार्ज करना चाहते हैं?" in page
    assert "3 स्टेशन" in driver.search()
    assert "अब तक" in driver.charge() or "ऊर्जा की लागत" in driver.browser.get(driver.order_path)
    live = driver.browser.json(f"{driver.order_path}/live")
    assert (live["state"], live["cost_label"]) == ("चार्ज हो रहा है", "ऊर्जा की लागत")
    english = driver.browser.post("/language", language="en", next="/orders")
    assert english.path == "/orders" and "My orders" in english


def test_a_browser_that_prefers_hindi_gets_it(browser):
    browser.http.headers["Accept-Language"] = "hi-IN,hi;q=0.9"
    assert "चार्जर खोजें" in browser.get("/")


def test_the_switch_leads_nowhere_else(browser):
    page = browser.post("/language", language="hi", next="https://elsewhere.example/")
    assert page.answer.url.startswith(browser.url)
