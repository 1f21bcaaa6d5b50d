"""How databases are reached: by themselves, through PgBouncer, with a replica; and that the code may be pooled at all."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TELL = """import json
from emsp.settings import base, network
print(json.dumps([base.DATABASES, network.CELERY_BROKER_TRANSPORT_OPTIONS]))
"""
# What lasts longer than a transaction, and would reach somebody else's connection behind PgBouncer.
OF_A_SESSION = r"pg_(?:try_)?advisory_lock|\bLISTEN\b|\bSET (?:SESSION|ROLE)|server_side_binding|CREATE TEMP|WITH HOLD"


def settings_for(**environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", TELL], cwd=PROJECT, env=kept | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_a_server_and_its_replica_find_out_that_the_other_end_is_gone():
    databases, broker = settings_for(
        DATABASE_URL="postgresql://emsp@one/emsp", REPLICA_DATABASE_URL="postgresql://emsp@two/emsp?connect_timeout=9"
    )
    one, two = databases["default"], databases["replica"]

    assert (one["HOST"], one["DISABLE_SERVER_SIDE_CURSORS"], one["OPTIONS"]["pool"]["timeout"]) == ("one", False, 20)
    kept = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000"
    kept += " -c plan_cache_mode=force_generic_plan"  # of what is prepared
    assert one["OPTIONS"]["options"] == kept
    assert one["OPTIONS"]["prepare_threshold"] == 2**31
    assert (one["OPTIONS"]["tcp_user_timeout"], one["OPTIONS"]["connect_timeout"]) == (20_000, 5)
    assert (two["HOST"], two["OPTIONS"]["pool"]["timeout"], two["OPTIONS"]["tcp_user_timeout"]) == ("two", 2, 3_000)
    assert int(two["OPTIONS"]["connect_timeout"]) == 9
    assert broker["socket_timeout"] == 5


def test_through_pgbouncer_nothing_is_asked_that_it_refuses():
    databases, broker = settings_for(
        DATABASE_URL="postgresql://emsp@bouncer/emsp", DATABASE_POOLED="true", CELERY_BROKER_URL="amqp://rabbit//"
    )

    assert list(databases) == ["default"]
    assert databases["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert not {"options", "prepare_threshold"} & databases["default"]["OPTIONS"].keys()
    assert broker == {"max_retries": 0, "confirm_publish": True}


def test_nothing_in_the_code_lasts_longer_than_a_transaction():
    files = [file for app in ("beckn", "sessions", "catalog", "ocpi", "emsp") for file in (PROJECT / app).rglob("*.py")]
    found = {str(file.relative_to(PROJECT)): re.findall(OF_A_SESSION, file.read_text()) for file in files}

    assert len(found) > 300
    assert {name: words for name, words in found.items() if words} == {}
