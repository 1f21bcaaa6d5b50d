"""Opening hours of operators, whatever they send."""

import pytest

from catalog.hours import opening_hours


def times(*hours):
    told = [{"weekday": day, "period_begin": begin, "period_end": end} for day, begin, end in hours]
    return {"opening_times": {"twentyfourseven": False, "regular_hours": told}}


@pytest.mark.parametrize(("location", "text"), [
    ({"opening_times": {"twentyfourseven": True}}, "24/7"),
    (times(*((day, "09:00", "23:00") for day in range(1, 8))), "Mo-Su 09:00-23:00"),
    (times((1, "09:00", "18:00"), (2, "09:00", "18:00"), (6, "10:00", "14:00")), "Mo-Tu 09:00-18:00; Sa 10:00-14:00"),
    (times((1, "14:00", "18:00"), (1, "08:00", "12:00")), "Mo 08:00-12:00,14:00-18:00"),
    (times((1, "09:00", "24:00"), (3, "09:00", "24:00")), "Mo 09:00-24:00; We 09:00-24:00"),
])  # fmt: skip
def test_the_week_in_one_line(location, text):
    assert opening_hours(location) == text


@pytest.mark.parametrize("location", [
    {}, {"opening_times": None}, {"opening_times": "always"}, {"opening_times": {"regular_hours": "x"}},
    times((0, "09:00", "18:00")), times((8, "09:00", "18:00")), times((1, "9", "18:00")), times((1, None, [])),
    times(([], "09:00", "18:00")), {"opening_times": {"regular_hours": [None, "x", {}]}},
])  # fmt: skip
def test_what_cannot_be_read_is_not_told(location):
    assert opening_hours(location) == ""
