"""The harness: its arithmetic, the stations it makes, how it shares out cores. What it measures: tests/world."""

import json
import random
from math import asin, cos, radians, sin, sqrt

import pytest

from emsp.bench import cores, growth, places
from emsp.bench.bap import Awaited, Callbacks
from emsp.bench.cpo import Cpo
from emsp.bench.figures import Figures, Paired, figures, spread


def row(per_second, p50_ms=2.0, cpu_s=0.5):
    return Figures("x", per_second, 1.0, p50_ms, p50_ms * 2, p50_ms * 3, p50_ms * 4, cpu_s=cpu_s)


def test_percentiles_are_those_of_the_sorted_latencies_in_milliseconds():
    told = figures("x", [n / 1000 for n in range(100, 0, -1)], 4.0, failed=2)

    assert (told.p50_ms, told.p95_ms, told.p99_ms, told.max_ms) == (51, 96, 100, 100)
    assert (told.count, told.per_second, told.failed) == (100, 25, 2)


def test_a_ratio_is_of_the_floor_of_the_same_round():
    paired = Paired("x", [row(100), row(400), row(200)], [row(50, 6.0, 1.0), row(100, 3.0, 1.0), row(150, 4.0, 1.0)])

    throughput, cpu, p50 = paired.throughput(), paired.cpu(), paired.latency("p50")
    assert (throughput.least, throughput.median, throughput.most) == (0.25, 0.5, 0.75)
    assert (cpu.least, cpu.median, cpu.most) == (0.125, 0.25, 0.375)
    assert (p50.least, p50.median, p50.most) == (1.5, 2.0, 3.0)


def test_the_round_of_the_median_ratio_is_the_one_that_is_printed():
    paired = Paired("search", [row(100), row(400), row(200)], [row(50), row(100), row(150)], {"bytes": 68_000.0})

    name, floor, measured, ratio, notes = paired.lines()
    assert (name, floor.split()[1], measured.split()[1]) == ("search", "100.0/s", "50.0/s")
    assert ratio.startswith("  ratio: throughput 0.50 (0.25 to 0.75)  per CPU-second 0.50 (0.25 to 0.75)  p50 times 1.00")
    assert notes == "  bytes 68000"
    assert json.loads(json.dumps(paired.told()))["ratios"]["throughput"] == {"least": 0.25, "median": 0.5, "most": 0.75}


def test_what_was_not_taken_has_no_ratio():
    bulk = Paired("pull", [Figures("a", 10, 1.0)], [Figures("b", 10, 2.0)])

    assert list(bulk.ratios()) == ["throughput"]
    assert spread([3.0]).text() == "3.00 (3.00 to 3.00)"


@pytest.mark.parametrize(
    ("available", "measured", "partners"),
    [({0}, {0}, {0}), ({0, 1}, {0, 1}, {0, 1}), ({0, 2, 4, 6}, {0, 2, 4}, {6}), (set(range(8)), set(range(6)), {6, 7})],
)
def test_partners_get_cores_of_their_own_where_there_are_enough(available, measured, partners):
    assert cores.split(available) == (measured, partners)


def test_this_process_has_used_cpu_time_and_holds_memory():
    import os

    assert cores.cpu_s([os.getpid()]) > 0
    assert cores.memory_mb([os.getpid()]) > 10
    assert cores.parent_of(os.getpid()) == os.getppid()
    assert os.getpid() in cores.with_children([os.getppid()])
    assert cores.cpu_s([2**22 + 1]) == 0


def test_sizes_grow_by_ten_up_to_the_one_that_is_wanted():
    assert growth.sizes(1_000_000) == [1_000, 10_000, 100_000, 1_000_000]
    assert (growth.sizes(2_500), growth.sizes(1_000), growth.sizes(400)) == ([1_000, 2_500], [1_000], [400])


def metres(one, other):
    (north, east), (south, west) = ([radians(float(degrees)) for degrees in point] for point in (one, other))
    square = sin((north - south) / 2) ** 2 + cos(north) * cos(south) * sin((east - west) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(square))


@pytest.mark.parametrize("locations", [1_000, 10_000, 1_000_000])
def test_twenty_stations_lie_around_every_centre(locations):
    draw = random.Random(1)
    for _ in range(3):
        centre = places.centre(locations, draw)
        blocks = max(locations // 1024, 1)
        near = [
            number for number in range(min(blocks * 1024, locations))
            if abs(places.point(number)[0] - centre[0]) < 1 and abs(places.point(number)[1] - centre[1]) < 1
            and metres(places.point(number), centre) <= float(places.RADIUS_KM) * 1000
        ]  # fmt: skip
        assert len(near) == 20


def test_a_station_is_encoded_as_it_is_described():
    assert [json.loads(raw) for raw in places.encoded(1_030, 1_032)] == [places.location(1_030), places.location(1_031)]


def test_the_operator_lists_its_stations_page_by_page():
    cpo = Cpo(9, 700, "")
    headers, body = cpo.answer("GET", "/locations?offset=0&limit=500", b"")
    last_headers, last_body = cpo.answer("GET", "/locations?offset=500&limit=500", b"")

    assert b'Link: <http://127.0.0.1:9/locations?offset=500&limit=500>; rel="next"' in headers
    assert (b"Link" in last_headers, b"X-Total-Count: 700" in last_headers) == (False, True)
    assert [len(json.loads(page)["data"]) for page in (body, last_body)] == [500, 200]


def test_the_operator_tells_one_evse_and_accepts_tariff_questions():
    cpo = Cpo(9, 700, "")

    evse = json.loads(cpo.answer("GET", "/locations/L0000012/E0000012B", b"")[1])["data"]
    assert (evse["uid"], evse["status"]) == ("E0000012B", "AVAILABLE")
    assert json.loads(cpo.answer("GET", "/tariffs?limit=5", b"")[1])["data"] == [places.tariff()]
    assert json.loads(cpo.answer("GET", "/cdrs", b"")[1])["data"] == []


def test_a_callback_reaches_who_waits_for_it_and_others_are_acknowledged():
    callbacks, awaited = Callbacks(), Awaited()
    callbacks.awaited[b"m1"] = awaited

    for message_id in (b"m0", b"m1", b"m1"):
        content = b'{"context":{"message_id":"' + message_id + b'"}}'
        assert json.loads(callbacks.take("POST", "/on_search", content)[1]) == {"message": {"ack": {"status": "ACK"}}}

    assert awaited.event.is_set() and awaited.body == content
    assert callbacks.awaited == {}


def alone(name, floor_p50_ms, p50_ms, **notes):
    return Paired(name, [row(100, floor_p50_ms)] * 2, [row(50, p50_ms), row(50, p50_ms * 3)], notes)


def sized(size, search_ms, push_ms, floor_ms, first=None):
    notes = {"memory of web and workers in MB": 400.0, "offers in MB": 1.5, "their indexes in MB": 2.25}
    notes |= {"texts of stations in MB": 1.0, "their place index in MB": 0.25}
    search = alone("search", floor_ms, search_ms, **notes)
    return growth.row(size, search, alone("push", floor_ms, push_ms), first=first)


def test_a_row_of_growth_compares_with_its_floor_and_with_the_first_row():
    first = sized(1_000, 10.0, 5.0, 1.0)
    tenth = sized(10_000, 30.0, 5.0, 2.0, first)

    assert first == {
        "locations": 1_000, "search p50": 20.0, "search p99": 60.0, "search floor": 1.0, "search times": 20.0,
        "search p50/1st": 1.0, "search times/1st": 1.0, "push p50": 10.0, "push p99": 30.0, "push floor": 1.0,
        "push times": 10.0, "push p50/1st": 1.0, "push times/1st": 1.0, "MB memory": 400.0, "MB offers": 1.5,
        "MB indexes": 2.25, "MB texts": 1.0, "MB places": 0.25,
    }  # fmt: skip
    assert {name: value for name, value in tenth.items() if name.endswith("/1st")} == {
        "search p50/1st": 3.0, "search times/1st": 1.5, "push p50/1st": 1.0, "push times/1st": 0.5,
    }  # fmt: skip


def test_the_table_of_growth_has_a_line_for_each_number_of_locations():
    first = sized(1_000, 10.0, 5.0, 1.0)
    table = growth.Table([first, sized(1_000_000, 30.0, 5.0, 2.0, first)])

    groups, columns, small, large, *about = table.lines()
    assert groups.split() == ["search", "push", "MB"]
    assert columns.split() == [
        "locations", *["p50", "p99", "floor", "times", "p50/1st", "times/1st"] * 2,
        "memory", "offers", "indexes", "texts", "places",
    ]  # fmt: skip
    assert small.split()[:7] == ["1000", "20.00", "60.00", "1.00", "20.00", "1.00", "1.00"]
    assert large.split()[:7] == ["1000000", "60.00", "180", "2.00", "30.00", "3.00", "1.50"]
    assert len(small) == len(large) == len(groups) == len(columns)
    assert json.loads(json.dumps(table.told()))["rows"][0]["MB offers"] == 1.5
