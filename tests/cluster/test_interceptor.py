"""When faults act, against a naive model: counts, windows, states and what they do to time; chance; restarts."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings, moving, scenarios
from mockflow.cluster.decision import InterceptedRequest
from mockflow.cluster.interceptor import Interceptor
from mockflow.core.scenario.model import Scenario
from mockflow.server.answer import answer
from mockflow.server.http.messages import Request

BASE: Final = "/_plugins/_flow_framework/workflow/w"
TARGETS: Final = {"get_status": f"{BASE}/_status", "get": BASE}
KEYFRAMES: Final = ((0, "NOT_STARTED"), (1000, "PROVISIONING"), (3000, "COMPLETED"))
END: Final = 6000
Fault = dict[str, Any]


def cluster_of(faults: list[Fault], mode: Mode = "frozen", seed: int = 0, **more: Any) -> Cluster:
    script = {
        "scenario": "s",
        "workflow_id": "w",
        "provision": {"timeline": [{"at": f"{at}ms", "state": state} for at, state in KEYFRAMES]},
        "faults": faults,
        **more,
    }
    return Cluster(Settings(mode=mode, seed=seed), (LoadedScenario(Scenario.model_validate(script)),))


def asked(cluster: Cluster, *operations: str) -> list[int]:
    """The statuses of calls one after the other."""

    async def ask() -> list[int]:
        return [(await answer(cluster, Request("GET", TARGETS[one], {}))).status for one in operations]

    return asyncio.run(ask())


# -- the model ---------------------------------------------------------------------------------------


@dataclass
class Model:
    """What the design says of faults, in few words and slowly."""

    faults: list[Fault]
    is_auto: bool
    elapsed: float | None = None
    """None before the run has begun."""
    counts: list[int] = field(default_factory=list)
    polls: int = 0

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.faults)

    def ask(self, operation: str) -> int:
        if operation == "get_status" and self.elapsed is None:
            self.elapsed = 0
        acting = [fault for number, fault in enumerate(self.faults) if self._acts(number, fault, operation)]
        if not acting:
            if operation == "get_status":
                self.polls += 1
                self._move_on()
            return 200
        if acting[0].keys() & {"during", "while"} and not self._ends_by_count(acting[0]):
            self._move_on()
        return int(acting[0]["respond"]["status"])

    def advance(self, milliseconds: int) -> None:
        if self.elapsed is not None:
            self.elapsed += milliseconds

    def restart(self) -> None:
        self.elapsed = 0
        self.counts = [0] * len(self.faults)

    def _acts(self, number: int, fault: Fault, operation: str) -> bool:
        if fault["on"] not in ("any", operation):
            return False
        self.counts[number] += 1
        count = self.counts[number]
        wanted = []
        if "call" in fault:
            wanted.append(count == fault["call"])
        if "calls" in fault:
            first, _, last = fault["calls"].partition("..")
            wanted.append(int(first) <= count <= int(last or count))
        if "every" in fault:
            wanted.append(count % fault["every"] == 0)
        if "during" in fault:
            begin, end = self._window(fault)
            wanted.append(self.elapsed is not None and begin <= self.elapsed < end)
        if "while" in fault:
            wanted.append(self._state() == fault["while"]["state"])
        return all(wanted)

    def _state(self) -> str:
        return [state for at, state in KEYFRAMES if at <= (self.elapsed or 0)][-1]

    def _move_on(self) -> None:
        if self.is_auto and self.elapsed is not None:
            edges = [edge for fault in self.faults if "during" in fault for edge in self._window(fault)]
            moments = [at for at, _ in KEYFRAMES] + [edge for edge in edges if edge != float("inf")]
            self.elapsed = min((moment for moment in moments if moment > self.elapsed), default=self.elapsed)

    @staticmethod
    def _window(fault: Fault) -> tuple[float, float]:
        begin, _, end = fault["during"].partition("..")
        return int(begin.removesuffix("ms")), int(end.removesuffix("ms")) if end else float("inf")

    @staticmethod
    def _ends_by_count(fault: Fault) -> bool:
        return "call" in fault or fault.get("every", 1) > 1 or not fault.get("calls", "..").endswith("..")


times = st.integers(0, END // 250).map(lambda quarter: quarter * 250)
counts = st.integers(1, 6)
ranges = st.tuples(counts, st.one_of(st.none(), st.integers(0, 4))).map(
    lambda it: f"{it[0]}.." + ("" if it[1] is None else str(it[0] + it[1]))
)
windows = st.tuples(times, st.one_of(st.none(), st.integers(1, 12))).map(
    lambda it: f"{it[0]}ms.." + ("" if it[1] is None else f"{it[0] + it[1] * 250}ms")
)
WHENS: Final = {
    "call": counts,
    "calls": ranges,
    "every": counts,
    "during": windows,
    "while": st.sampled_from([state for _, state in KEYFRAMES]).map(lambda state: {"state": state}),
}


@st.composite
def faults(draw: Callable[..., Any]) -> list[Fault]:
    """Some faults, each of which answers with a status of its own."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        keys = draw(st.sets(st.sampled_from(sorted(WHENS)), max_size=2))
        if keys >= {"call", "calls"}:
            keys.discard("calls")
        fault: Fault = {key: draw(WHENS[key]) for key in sorted(keys)}
        target = draw(st.sampled_from(["get_status", "get", "any"]))
        made.append({"on": target, **fault, "respond": {"status": 500 + number}})
    return made


steps = st.lists(
    st.one_of(
        st.sampled_from(["get_status", "get_status", "get"]),
        st.integers(1, 8).map(lambda quarter: quarter * 250),
        st.just(None),
    ),
    max_size=25,
)


@pytest.mark.parametrize("mode", ["frozen", "auto"])
@given(faults=faults(), steps=steps)
def test_each_call_goes_as_the_model_says(mode: Mode, faults: list[Fault], steps: list[Any]) -> None:
    cluster, model = cluster_of(faults, mode), Model(faults, mode == "auto")
    for step in steps:
        if step is None:
            moving.restart(cluster.world, "w")
            model.restart()
        elif isinstance(step, int):
            cluster.world.clock.advance(step)
            model.advance(step)
        else:
            assert asked(cluster, step) == [model.ask(step)], step
            assert cluster.world.elapsed(cluster.world.find("w")) == (model.elapsed or 0)
    assert [active.calls for active in cluster.world.active.faults] == model.counts
    assert sum(exchange.is_poll for exchange in cluster.world.journal) == model.polls


def ends(fault: Fault) -> bool:
    """Whether a loop gets past it: it is over at some count, some time, or in some state before the last one."""
    return (
        "call" in fault
        or fault.get("every", 1) > 1
        or not fault.get("calls", "..").endswith("..")
        or not fault.get("during", "..").endswith("..")
        or fault.get("while", {"state": "COMPLETED"}) != {"state": "COMPLETED"}
    )


@given(faults=faults().map(lambda drawn: [fault for fault in drawn if ends(fault)]))
def test_in_auto_a_polling_loop_ends_and_misses_what_faults_hide_alone(faults: list[Fault]) -> None:
    cluster = cluster_of(faults, "auto")

    async def loop() -> Iterator[str]:
        states = []
        for _ in range(200):
            response = await answer(cluster, Request("GET", TARGETS["get_status"], {}))
            if response.status == 200:
                states.append(json.loads(response.body)["state"])
                if states[-1] == "COMPLETED":
                    return iter(states)
        raise AssertionError(faults)

    seen = list(dict.fromkeys(asyncio.run(loop())))
    hides = any("during" in fault or "while" in fault for fault in faults)
    assert seen[-1] == "COMPLETED"
    assert hides or seen == [state for _, state in KEYFRAMES]


# -- what answers, and how long it takes -------------------------------------------------------------


def verdict_of(cluster: Cluster, operation: str = "get_status") -> Any:
    request = InterceptedRequest("GET", TARGETS[operation], operation=operation, values={"workflow_id": "w"})
    return Interceptor(cluster.world).decide(request)


@given(delays=st.lists(st.integers(0, 10**6), min_size=1, max_size=5), first=st.integers(0, 4))
def test_delays_add_up_and_the_first_that_answers_wins(delays: list[int], first: int) -> None:
    faults: list[Fault] = [{"on": "any", "delay": f"{delay}ms"} for delay in delays]
    for number, fault in enumerate(faults[first:]):
        fault["respond"] = {"status": 500 + number}
    verdict = verdict_of(cluster_of(faults))
    assert verdict.delay_ms == sum(delays)
    assert (verdict.respond and verdict.respond.status) == (500 if first < len(delays) else None)
    assert len(verdict.faults) == len(delays)


@given(st.integers(0, 10**9), st.integers(0, 5000), st.integers(0, 5000))
def test_a_uniform_delay_is_within_its_bounds(seed: int, low: int, more: int) -> None:
    delay = {"uniform": {"min": f"{low}ms", "max": f"{low + more}ms"}}
    cluster = cluster_of([{"on": "any", "delay": delay}], seed=seed)
    assert all(low <= verdict_of(cluster).delay_ms <= low + more for _ in range(5))


def test_half_of_lognormal_delays_are_below_the_median() -> None:
    cluster = cluster_of([{"on": "any", "delay": {"lognormal": {"median": "40ms", "sigma": 0.5}}}], seed=7)
    delays = sorted(verdict_of(cluster).delay_ms for _ in range(1000))
    assert 450 <= sum(delay < 40 for delay in delays) <= 550
    assert delays[159] == pytest.approx(40 * 2.718281828**-0.5, rel=0.1)  # one sigma below, of the logarithm
    assert delays[840] == pytest.approx(40 * 2.718281828**0.5, rel=0.1)


# -- chance ------------------------------------------------------------------------------------------

CHANCE: Final[list[Fault]] = [
    {"on": "get_status", "probability": 0.3, "respond": {"status": 503}},
    {"on": "get_status", "probability": 0.3, "respond": {"status": 429}},
    {"on": "any", "probability": 0.5, "connection": "lost_reply"},
]


def story(seed: int) -> list[tuple[Any, ...]]:
    """What the journal has of 60 polls, but for wall times."""
    cluster = cluster_of(CHANCE, "auto", seed)
    asked(cluster, *["get_status"] * 60)
    return [(one.number, one.status, one.now, one.scripted, one.response_body) for one in cluster.world.journal]


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(-(2**62), 2**62))
def test_a_seed_gives_the_same_journal_each_time_and_another_one_another(seed: int) -> None:
    assert story(seed) == story(seed)
    assert story(seed) != story(seed + 1)


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.95, 1])
def test_a_probability_is_one(probability: float) -> None:
    cluster = cluster_of([{"on": "get_status", "probability": probability, "respond": {"status": 503}}], seed=3)
    hits = asked(cluster, *["get_status"] * 1000).count(503)
    assert abs(hits - 1000 * probability) <= 50


def test_equal_faults_draw_for_themselves() -> None:
    """Else the second of two would never act."""
    cluster = cluster_of(CHANCE[:2], seed=1)
    statuses = asked(cluster, *["get_status"] * 300)
    assert statuses.count(503) > 50
    assert statuses.count(429) > 30
    assert statuses.count(200) > 100


# -- whose calls, and which are counted --------------------------------------------------------------


def test_calls_that_others_answer_are_counted() -> None:
    cluster = cluster_of(
        [
            {"on": "get_status", "calls": "1..2", "respond": {"status": 503}},
            {"on": "get_status", "call": 2, "respond": {"status": 500}},
            {"on": "get_status", "call": 4, "respond": {"status": 429}},
        ]
    )
    assert asked(cluster, *["get_status"] * 5) == [503, 503, 200, 429, 200]
    assert [active.acted for active in cluster.world.active.faults] == [2, 0, 1]


def test_a_reset_begins_the_counts_anew() -> None:
    cluster = cluster_of([{"on": "get_status", "call": 1, "respond": {"status": 503}}])
    for _ in range(2):
        assert asked(cluster, "get_status", "get_status") == [503, 200]
        cluster.reset()


def test_a_restart_keeps_what_was_covered() -> None:
    cluster = cluster_of([{"on": "get_status", "call": 1, "respond": {"status": 503}}])
    asked(cluster, "get_status")
    moving.restart(cluster.world, "w")
    assert [part.seen for part in cluster.world.active.parts()] == [True]
    assert asked(cluster, "get_status", "get_status") == [503, 200]


def test_an_owners_window_is_a_moment_in_auto() -> None:
    """Without it the loop would stay within the window for ever: the run has no further keyframe."""
    from mockflow.core.faults.model import Fault as Scripted

    cluster = cluster_of([], "auto")
    cluster.world.active.add(Scripted.model_validate({"on": "any", "during": "2s..9s", "respond": "cluster_block"}))
    cluster.world.active_changed()
    assert asked(cluster, *["get_status"] * 7) == [200, 200, 503, 503, 200, 200, 200]


def test_a_window_of_a_scenario_without_a_workflow_is_a_moment_of_every_run() -> None:
    wide = {"scenario": "wide", "faults": [{"on": "get_status", "during": "3500ms..9s", "respond": "cluster_block"}]}
    cluster = cluster_of([], "auto")
    scenarios.load(cluster.world, [LoadedScenario(Scenario.model_validate(wide))])
    assert asked(cluster, *["get_status"] * 6) == [200, 200, 200, 503, 200, 200]


def test_an_outage_of_a_scenario_without_a_workflow_is_seen_by_a_loop() -> None:
    """It goes by the world's time, between two keyframes of the run."""
    phases = [{"phase": "not_recovered", "takes": "500ms"}]
    wide = {"scenario": "wide", "outages": [{"at": "1500ms", "phases": phases}]}
    cluster = cluster_of([], "auto")
    scenarios.load(cluster.world, [LoadedScenario(Scenario.model_validate(wide))])
    assert asked(cluster, *["get_status"] * 6) == [200, 200, 503, 200, 200, 200]


# -- what a call does to time ------------------------------------------------------------------------


def times_of(cluster: Cluster, *targets: str) -> list[int]:
    """The elapsed ms of the run at which each of these calls came, and of the end."""

    async def ask() -> list[int]:
        times = []
        for target in targets:
            times.append(cluster.world.elapsed(cluster.world.find("w")))
            await answer(cluster, Request("GET", target, {}))
        return [*times, cluster.world.elapsed(cluster.world.find("w"))]

    return asyncio.run(ask())


def test_a_lost_reply_in_a_window_is_a_poll_and_skips_once() -> None:
    cluster = cluster_of([{"on": "get_status", "during": "1s..2s", "connection": "lost_reply"}], "auto")
    assert times_of(cluster, *[TARGETS["get_status"]] * 3) == [0, 1000, 2000, 3000]


def test_a_call_that_waits_for_the_end_of_a_phase_skips_no_further() -> None:
    outages = [{"at": "1s", "phases": [{"phase": "yellow", "takes": "1s"}]}]
    cluster = cluster_of([], "auto", outages=outages)
    assert times_of(cluster, TARGETS["get_status"], "/_cluster/health?wait_for_status=green&timeout=1m") == [
        0,
        1000,
        2000,
    ]


def test_two_that_hang_on_time_skip_once() -> None:
    outages = [{"at": "1s", "phases": [{"phase": "yellow", "takes": "1s"}]}]
    fault = {"on": "cluster.health", "scope": "cluster", "during": "0s..3s", "respond": "cluster_block"}
    cluster = cluster_of([fault], "auto", outages=outages)
    assert times_of(cluster, TARGETS["get_status"], "/_cluster/health") == [0, 1000, 2000]


# -- whose a path is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kinds", [("create_index", "create_ingest_pipeline"), ("create_ingest_pipeline", "create_index")]
)
def test_an_id_of_two_kinds_belongs_to_the_run_that_began_last(kinds: tuple[str, str]) -> None:
    first, last = (
        {
            "scenario": name,
            "workflow_id": name,
            "provision": {
                "timeline": [
                    {
                        "at": "0s",
                        "state": "COMPLETED",
                        "created": [{"workflow_step_name": kind, "workflow_step_id": "n", "resource_id": "same"}],
                    }
                ]
            },
            "faults": [{"on": "/same", "respond": {"status": status}}],
        }
        for name, kind, status in (("first", kinds[0], 501), ("last", kinds[1], 502))
    )
    loaded = tuple(LoadedScenario(Scenario.model_validate(one)) for one in (first, last))
    for order, status in ((("first", "last"), 502), (("last", "first"), 501)):
        cluster = Cluster(Settings(mode="frozen"), loaded)

        async def ask(cluster: Cluster = cluster, order: tuple[str, ...] = order) -> int:
            for name in order:
                target = f"/_plugins/_flow_framework/workflow/{name}/_status"
                assert (await answer(cluster, Request("GET", target, {}))).status == 200
            return (await answer(cluster, Request("GET", "/same", {}))).status

        assert asyncio.run(ask()) == status
