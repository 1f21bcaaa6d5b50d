"""Keys that outlive a start, and the two files that tell others where the demo is."""

import base64
import json
import os

import pytest
from nacl.signing import SigningKey

from emsp.core.environment import read_demo_environment
from emsp.demo import programs
from emsp.demo.errors import DemoError
from emsp.demo.keys import keep_keys
from emsp.demo.ports import Ports
from emsp.demo.world import World, withdraw

NAMES = [
    "BASE_URL", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "BECKN_SUBSCRIBER_ID",
    "BECKN_UNIQUE_KEY_ID", "BECKN_SIGNING_PRIVATE_KEY", "BECKN_ENCRYPTION_PRIVATE_KEY", "BECKN_REGISTRY_URL",
    "OCPI_COUNTRY_CODE", "OCPI_PARTY_ID", "SANDBOX", "BECKN_QUOTE_TTL_S", "BECKN_RESERVE_ON", "BECKN_START_ON",
    "PAYMENT_SANDBOX_URL", "PAYMENT_SANDBOX_KEY", "PROMETHEUS_MULTIPROC_DIR",
]  # fmt: skip
DATABASE = "postgresql://postgres:@/emsp?host=/somewhere/with%20space"


@pytest.fixture
def world(tmp_path):
    broker = "redis://:secret@127.0.0.1:9003/0"
    return World(Ports(9000), keep_keys(tmp_path), DATABASE, DATABASE.replace("emsp", "bap"), broker)


def test_keys_are_made_once_and_are_for_their_owner_only(tmp_path):
    first, second = keep_keys(tmp_path), keep_keys(tmp_path)

    assert first == second
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert "password" not in repr(first)


def test_two_demos_share_no_key(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = keep_keys(tmp_path / "one"), keep_keys(tmp_path / "two")

    shared = {name for name in vars(one) if vars(one)[name] == vars(two)[name]}
    assert shared == {"bpp_id", "bap_id", "admin_user"}


def test_a_key_that_an_older_demo_did_not_know_is_added(tmp_path):
    before = keep_keys(tmp_path)
    kept = json.loads((tmp_path / "keys.json").read_text())
    del kept["redis_password"]
    (tmp_path / "keys.json").write_text(json.dumps(kept))

    after = keep_keys(tmp_path)

    assert after.bpp_signing_key == before.bpp_signing_key
    assert after.redis_password != before.redis_password
    assert keep_keys(tmp_path) == after


def test_keys_that_cannot_be_read_are_never_replaced(tmp_path):
    (tmp_path / "keys.json").write_text("{half")

    with pytest.raises(DemoError, match=r"keys\.json cannot be read"):
        keep_keys(tmp_path)

    assert (tmp_path / "keys.json").read_text() == "{half"


def test_world_json_has_every_promised_member(world, tmp_path):
    world.announce(tmp_path, given={})

    keys = world.keys
    told = json.loads((tmp_path / "world.json").read_text())
    assert told == {
        "emsp": {
            "base_url": "http://127.0.0.1:9000",
            "bpp_id": keys.bpp_id,
            "bpp_uri": "http://127.0.0.1:9000/beckn",
            "signing_public_key": keys.bpp_public_key,
            "unique_key_id": keys.bpp_key_id,
            "ocpi_versions_url": "http://127.0.0.1:9000/ocpi/emsp/versions",
            "admin": {"user": "admin", "password": keys.admin_password},
        },
        "bap": {
            "base_url": "http://127.0.0.1:9001",
            "bap_id": keys.bap_id,
            "bap_uri": "http://127.0.0.1:9001/beckn",
            "unique_key_id": keys.bap_key_id,
            "signing_private_key": keys.bap_signing_key,
        },
        "cpo": {
            "versions_url": "http://127.0.0.1:9002/ocpi/cpo/versions",
            "country_code": "IN",
            "party_id": "SIM",
        },
        "database_url": DATABASE,
        "redis_url": "redis://:secret@127.0.0.1:9003/0",
    }
    seed = base64.b64decode(keys.bpp_signing_key, validate=True)
    public = base64.b64decode(told["emsp"]["signing_public_key"], validate=True)
    assert public == bytes(SigningKey(seed).verify_key)


def test_both_files_are_private_whole_and_gone_at_the_end(world, tmp_path):
    world.announce(tmp_path, given={})

    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("world.json", "env")] == [0o600, 0o600]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["env", "keys.json", "world.json"]

    withdraw(tmp_path)
    withdraw(tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_a_command_reads_the_environment_as_the_demo_has_it(world, tmp_path, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    world.announce(tmp_path, given={"BECKN_RESERVE_ON": "never"})

    read_demo_environment(tmp_path / "env")

    meant = world.environment({"BECKN_RESERVE_ON": "never"})
    read = {name: os.environ[name] for name in NAMES}
    for name in NAMES:
        monkeypatch.delenv(name)
    assert read == meant
    assert sorted(meant) == sorted(NAMES)
    assert (read["SANDBOX"], read["BECKN_RESERVE_ON"], read["DATABASE_URL"]) == ("true", "never", DATABASE)


def test_servers_of_yours_are_told_to_the_processes_and_to_commands_alike(world):
    given = {"REPLICA_DATABASE_URL": "postgresql://replica/emsp", "DATABASE_POOLED": "true", "CELERY_BROKER_URL": ""}

    told = world.environment(given)
    assert (told["REPLICA_DATABASE_URL"], told["DATABASE_POOLED"]) == ("postgresql://replica/emsp", "true")
    assert "CELERY_BROKER_URL" not in told
    assert set(given) & set(programs.plain_environment(given)) == set()


def test_every_address_is_that_of_the_host(tmp_path):
    away = World(Ports(9000, "198.18.0.1"), keep_keys(tmp_path), "", "", "")

    assert {url.rpartition(":")[0] for url in (away.emsp_url, away.bap_url, away.cpo_url, away.payments_url)} == {
        "http://198.18.0.1"
    }
    assert programs.web(away, "0.0.0.0", 8000, processes=1).command[5:11] == (
        "emsp.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--http",
    )  # fmt: skip
