"""Where things lie in a picture: laws of the pure functions behind `show` and `plot`."""

from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.cli.layout import Shade, Strip, spread, strip_of, time_text

CONNECTOR: Final = {"workflow_step_name": "create_connector", "workflow_step_id": "c", "resource_id": "x"}
MODEL: Final = {"workflow_step_name": "register_remote_model", "workflow_step_id": "m", "resource_id": "y"}


def moment(
    at: int | None, state: str | None, poll: int | None = None, after: int | None = None, **fields: Any
) -> dict[str, Any]:
    status = fields | ({"state": state} if state else {})
    return {"at_ms": at, "at_poll": poll, "after_poll_ms": after, "status": status}


lengths = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


@given(lengths, st.integers(1, 40), st.floats(20, 2000))
def test_all_the_width_is_shared_and_nothing_is_too_narrow(lengths: list[int], minimum: int, total: float) -> None:
    edges = spread(lengths, [minimum] * len(lengths), total)
    widths = [end - begin for begin, end in pairwise(edges)]
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(total) or sum(lengths) == 0
    assert min(widths) >= min(minimum, total / len(lengths)) - 1e-6
    by_length = [width for _, width in sorted(zip(lengths, widths, strict=True))]
    assert all(longer >= shorter - 1e-6 for shorter, longer in pairwise(by_length))


def test_where_there_is_room_widths_are_in_proportion() -> None:
    assert spread([2000, 4000, 750], [1, 1, 1], 67.5) == [0, 20, 60, 67.5]


def test_a_short_stretch_beside_a_long_one_is_seen() -> None:
    assert spread([1, 999_999], [4, 4], 100) == [0, 4, 100]


def test_stops_and_bands() -> None:
    strip = strip_of(
        [
            moment(0, "NOT_STARTED"),
            moment(2000, "PROVISIONING", resources_created=[CONNECTOR]),
            moment(3000, "PROVISIONING", resources_created=[CONNECTOR, MODEL]),
            moment(6000, "FAILED", resources_created=[MODEL], error="why"),
        ]
    )
    assert [(band.state, band.first, band.end) for band in strip.bands] == [
        ("NOT_STARTED", 0, 1),
        ("PROVISIONING", 1, 3),
        ("FAILED", 3, 4),
    ]
    assert [stop.label for stop in strip.stops] == ["0s", "2s", "3s", "6s"]
    assert [stop.created for stop in strip.stops] == [(), (CONNECTOR,), (MODEL,), ()]
    assert [stop.gone for stop in strip.stops] == [(), (), (), (CONNECTOR,)]
    assert [stop.error for stop in strip.stops] == ["", "", "", "why"]
    assert strip.lengths == (2000, 1000, 3000, 750)


def test_what_waits_for_a_poll_follows_what_is_before_it() -> None:
    strip = strip_of(
        [
            moment(0, "PROVISIONING"),
            moment(500, "FAILED"),
            moment(None, "PROVISIONING", 3, 0),
            moment(None, "COMPLETED", 3, 2000),
        ]
    )
    assert [(stop.at, stop.label, stop.waits) for stop in strip.stops] == [
        (0, "0s", False),
        (500, "500ms", False),
        (500, "poll 3", True),
        (2500, "poll 3 +2s", False),
    ]


def test_a_poll_that_has_come_has_its_time() -> None:
    strip = strip_of([moment(0, "PROVISIONING"), moment(7100, "COMPLETED", 3, 0)])
    assert (strip.stops[1].at, strip.stops[1].label, strip.stops[1].waits) == (7100, "poll 3", False)


def test_what_else_has_changed_is_told_once_and_derived_progress_never() -> None:
    strip = strip_of(
        [
            moment(0, "PROVISIONING", provisioning_progress="IN_PROGRESS", user={"name": "ü"}),
            moment(1, "PROVISIONING", provisioning_progress="DONE", user={"name": "ü"}),
            moment(2, "COMPLETED", provisioning_progress="DONE"),
            moment(3, None),
        ]
    )
    assert [stop.notes for stop in strip.stops] == [
        ('user: {"name": "ü"}',),
        ('provisioning_progress: "DONE"',),
        ("no user any more",),
        (),
    ]
    assert strip.stops[3].state == "(no state)"


def test_a_run_begins_from_the_status_before() -> None:
    [stop] = strip_of([moment(0, "COMPLETED", resources_created=[MODEL])], {"resources_created": [CONNECTOR]}).stops
    assert (stop.created, stop.gone) == ((MODEL,), (CONNECTOR,))


@pytest.mark.parametrize(("at", "place"), [(0, 0), (1000, 10), (2000, 20), (4000, 40), (10**9, 60), (-5, 0)])
def test_a_time_has_its_place_between_the_edges(at: int, place: float) -> None:
    strip = strip_of([moment(0, "NOT_STARTED"), moment(2000, "PROVISIONING")])
    assert strip.place(at, [0, 20, 60]) == (place if at <= 2000 else 60)


def test_faults_after_the_last_keyframe_have_room() -> None:
    strip = strip_of([moment(0, "PROVISIONING")], shades=[Shade(1000, 4000, "red"), Shade(2000, None, "yellow")])
    edges = spread(strip.lengths, [1], 90)
    assert [strip.span(shade, edges) for shade in strip.shades] == [(20, 80), (40, 90)]
    assert [str(shade) for shade in strip.shades] == ["1s to 4s: red", "2s to the end: yellow"]


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (0, "0s"), (7, "7ms"), (1000, "1s"), (30_500, "30.5s"), (95_000, "1m35s"), (7_200_000, "2h"),
        (90_061_001, "1d1h1m1.001s"),
    ],
)  # fmt: skip
def test_times_for_people(milliseconds: int, told: str) -> None:
    assert time_text(milliseconds) == told


def test_an_unknown_state_is_a_band_too() -> None:
    assert isinstance(strip_of([moment(0, "WAITING")]), Strip)
