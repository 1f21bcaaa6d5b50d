"""The documentation: it says what the doors do, its examples work, and every link leads somewhere."""

import json

import pytest
from django.core.management import call_command
from django.urls import resolve
from jsonschema import Draft202012Validator

from beckn.wire.v1_1_0 import MESSAGE_TYPES, callback_action
from emsp.core.wire import convert
from emsp.developer.guides import beckn_api, examples, ocpi_api, site, states
from ocpi.receiver.door import NowhereView
from ocpi.urls import urlpatterns
from sessions.states import NEXT
from tests.beckn.conftest import bap, bap_server, fresh_memories  # noqa: F401 (fixtures)
from tests.flows.conftest import cpo, driver, network  # noqa: F401 (fixtures)


def test_every_beckn_action_has_its_path_and_its_callback():
    document = beckn_api.document()

    assert set(document["paths"]) == {f"/{action}" for action in MESSAGE_TYPES} | {"/on_subscribe"}
    for action in MESSAGE_TYPES:
        name = callback_action(action)
        assert document["paths"][f"/{action}"]["post"]["callbacks"] == {
            name: {f"{{$request.body#/context/bap_uri}}/{name}": {"post": beckn_api._callback(name)}}
        }


def test_the_challenge_is_signed_only_where_the_registry_is_known():
    document = beckn_api.document()

    assert document["paths"]["/on_subscribe"]["post"]["security"] == [{}, {"signature": []}, {"registry": []}]
    assert document["security"] == [{"signature": []}]
    assert set(document["components"]["securitySchemes"]) == {"signature", "registry"}


def test_every_ocpi_door_has_its_path_and_every_path_its_door():
    doors = {
        (pattern.callback.view_class, method)
        for pattern in urlpatterns
        if (view := pattern.callback.view_class) is not NowhereView
        for method in ocpi_api.METHODS if hasattr(view, method)
    }

    told = set()
    for path, methods in ocpi_api.document()["paths"].items():
        view = resolve("/ocpi/emsp" + path.replace("{", "").replace("}", "")).func.view_class
        told |= {(view, method) for method in methods}

    assert told == doors


@pytest.mark.parametrize("made", [beckn_api.document, ocpi_api.document])
def test_examples_are_valid_against_the_document(made):
    document = made()
    checked = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in body:
                schema = body["schema"] | {"components": document["components"]}
                assert [error.message for error in Draft202012Validator(schema).iter_errors(body["example"])] == []
                checked += 1

    assert checked == {"Beckn provider platform": 13, "OCPI 2.2.1 eMSP": 19}[document["info"]["title"]]


@pytest.mark.django_db
def test_the_examples_walk_an_order_through_the_doors(driver, cpo):  # noqa: F811
    driver.search()
    offered = {
        "bap_id": driver.bap.subscriber_id, "bap_uri": driver.bap.url, "gps": "12.971600,77.594600",
        "provider_id": driver.provider_id, "item_id": driver.item["id"],
        "fulfillment_id": driver.item["fulfillment_ids"][0],
    }

    def ask(action, **more):
        body = examples.beckn_request(action, examples.Sample(**offered | more))
        assert convert(body, MESSAGE_TYPES[action]).context.action == action
        answer = driver.bap(action, raw=json.dumps(body).encode())
        assert answer.json() == {"message": {"ack": {"status": "ACK"}}}
        return driver.last(callback_action(action))

    assert len(ask("search")["message"]["catalog"]["providers"]) == 1
    total = ask("select")["message"]["order"]["quote"]["price"]["value"]
    assert total == "100.00"
    driver.bap("init", raw=json.dumps(examples.beckn_request("init", examples.Sample(**offered))).encode())
    cpo.result("RESERVE_NOW")
    confirm = examples.beckn_request("confirm", examples.Sample(**offered, total=total))
    driver.bap("confirm", raw=json.dumps(confirm).encode())
    cpo.result("START_SESSION")
    order_id = driver.last("on_confirm")["message"]["order"]["id"]
    for action in ("status", "track", "support", "rating", "get_cancellation_reasons", "get_rating_categories"):
        assert "error" not in ask(action, order_id=order_id), action


def test_no_link_is_dead():
    assert site.dead_links(site.pages()) == []


def test_a_dead_link_is_found():
    broken = site.Page(site.HTML, b'<a href="../nowhere/">x</a><a href="#gone">y</a><a href="../">home</a>')

    assert site.dead_links({"": site.pages()[""], "page/": broken} | {
        name: page for name, page in site.pages().items() if name != ""
    }) == ["page/ -> ../nowhere/", "page/ -> #gone"]


def test_the_pages_are_public_and_tell_no_secret(client, settings):
    for name, page in site.pages().items():
        answer = client.get(f"/docs/{name}")
        assert (answer.status_code, answer.content) == (200, page.content), name
        assert settings.BECKN_SIGNING_PRIVATE_KEY not in answer.content.decode()
    assert client.get("/docs/errors").headers["Location"] == "/docs/errors/"
    assert client.get("/docs/../settings").status_code == 404
    assert client.post("/docs/").status_code == 405


def test_the_build_writes_every_page(tmp_path, capsys):
    call_command("docs", "build", "--out", str(tmp_path))

    assert capsys.readouterr().out == f"{len(site.pages())} files in {tmp_path}\n"
    assert (tmp_path / "errors" / "index.html").read_bytes() == site.pages()["errors/"].content
    assert json.loads((tmp_path / "beckn.json").read_text())["openapi"] == "3.1.0"


def test_the_drawing_has_every_state_and_every_move():
    drawn = states.svg()
    way = states.way()

    assert [state for state in NEXT if f">{state.value}<" in drawn] == way
    assert drawn.count('class="move"') == sum(len(NEXT[state] & set(way)) for state in way)
    assert drawn.count("may end:") == sum(bool(NEXT[state] & states.ENDS) for state in way)


def test_html_in_a_guide_is_shown_and_not_run(tmp_path, monkeypatch):
    from emsp.developer.guides import markdown

    (tmp_path / "x.md").write_text("# A <script>\n\nsee [e](errors.md#codes) <b>\n")
    monkeypatch.setattr(markdown, "FOLDER", tmp_path)

    assert markdown.html("x") == (
        '<h1 id="a-script">A &lt;script&gt;</h1>\n<p>see <a href="../errors/#codes">e</a> &lt;b&gt;</p>\n'
    )
