"""`patch_sleep`: a program's own waiting, on the cluster's clock."""

import asyncio
import sys
import threading
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest

from mockflow import MockFlow, MockFlowError, Scenario
from tests.support.python_api import SEMANTIC_SEARCH, STORY, WORKFLOW, poll, request

PROGRAM = "tests.handle.program"
plain, names, alias, asynchronous = (
    import_module(f"{PROGRAM}.{name}") for name in ("deep.plain", "names", "alias", "asynchronous")
)
STUCK = Scenario("stuck").workflow("w").at("0s", state="PROVISIONING")
WAYS = pytest.mark.parametrize("deploy", [plain.deploy, names.deploy, alias.deploy], ids=["plain", "names", "alias"])
REAL = (time.sleep, time.time, time.monotonic, time.perf_counter, asyncio.sleep)


def seen_by_the_program() -> tuple[Any, ...]:
    """What its modules have as time and sleep."""
    return (plain.time, names.sleep, names.time, alias.t, asynchronous.asyncio, asynchronous.time, asynchronous.sleep)


UNTOUCHED = seen_by_the_program()


# -- one program ---------------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("modules", [(PROGRAM,), ()], ids=["named", "none named"])
def test_a_program_polls_at_its_true_intervals(
    cluster: MockFlow, deploy: Callable[[str], str], modules: tuple[str, ...]
) -> None:
    with cluster.patch_sleep(*modules):
        assert deploy(cluster.url) == "COMPLETED"
    assert cluster.journal.polling().intervals == [5_000] * 12
    assert cluster.clock.elapsed == 60_000
    cluster.journal.assert_polling(min_interval="5s", max_interval="5s")


@WAYS
def test_a_stuck_workflow_ends_by_the_programs_own_time_out(deploy: Callable[[str], str]) -> None:
    with MockFlow(STUCK) as cluster:
        with cluster.patch_sleep(PROGRAM):
            assert deploy(cluster.url) == "timed out"
        assert cluster.clock.elapsed == 600_000
        assert cluster.journal.polling().count == 120


def test_many_short_sleeps_are_not_taken_for_endless_polling() -> None:
    slow = Scenario("slow").workflow("w").at("0s", state="PROVISIONING").at("5m", state="COMPLETED")
    with MockFlow(slow, max_polls=50) as cluster, cluster.patch_sleep(PROGRAM):
        assert alias.deploy(cluster.url, pause=2) == "COMPLETED"
        assert cluster.stuck is None


async def test_an_asynchronous_program() -> None:
    async with MockFlow(STORY) as cluster:
        with cluster.patch_sleep(PROGRAM):
            assert await asynchronous.deploy(cluster.url) == "COMPLETED"
        cluster.journal.assert_polling(min_interval="5s", max_interval="5s")
        assert cluster.journal.polling().count == 13


def test_an_asynchronous_program_in_its_own_loop(cluster: MockFlow) -> None:
    with cluster.patch_sleep():
        assert asyncio.run(asynchronous.deploy(cluster.url)) == "COMPLETED"
    assert cluster.journal.polling().intervals == [5_000] * 12


def test_over_http(cluster: MockFlow) -> None:
    remote = MockFlow.connect(cluster.url)
    with remote.patch_sleep(PROGRAM):
        assert remote.clock.mode == "driven"
        assert plain.deploy(cluster.url) == "COMPLETED"
    assert remote.journal.polling().intervals == [5_000] * 12


def test_a_request_that_waits_for_a_run_moves_the_clock() -> None:
    with MockFlow(step_time="1m") as cluster, cluster.patch_sleep(PROGRAM):
        query = "use_case=semantic_search&provision=true&wait_for_completion_timeout=10m"
        status, answer = request(cluster.url, f"{WORKFLOW}?{query}", SEMANTIC_SEARCH)
        assert (status, answer["state"], cluster.clock.elapsed) == (202, "COMPLETED", 120_000)
        short = query.replace("10m", "30s")
        other = {**SEMANTIC_SEARCH, "create_index.name": "another"}
        assert request(cluster.url, f"{WORKFLOW}?{short}", other)[1]["state"] == "PROVISIONING"
        assert cluster.clock.elapsed == 150_000


# -- several that sleep --------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [[3, 1, 2], [1, 1, 30], [600, 0.25, 5]])
async def test_tasks_wake_in_order(lengths: list[float]) -> None:
    async with MockFlow() as cluster:
        with cluster.patch_sleep(PROGRAM):
            told: list[tuple[float, float]] = []
            began = asynchronous.time.monotonic()
            await asyncio.gather(*(asynchronous.wake(length, told, began) for length in lengths))
        assert told == [(length, length) for length in sorted(lengths)]
        assert cluster.clock.elapsed == max(lengths) * 1000


async def test_tasks_that_deploy_side_by_side_keep_their_intervals() -> None:
    async with MockFlow(STORY, STORY_OF_TWO) as cluster:
        with cluster.patch_sleep(PROGRAM):
            deploying = (asynchronous.deploy(cluster.url), asynchronous.deploy(cluster.url, "two", 7))
            assert list(await asyncio.gather(*deploying)) == ["COMPLETED", "FAILED"]
        assert cluster.journal.polling("w").intervals == [5_000] * 12
        assert cluster.journal.polling("two").intervals == [7_000] * 6


@pytest.mark.parametrize(("seconds", "end"), [(32, "interrupted"), (61, "COMPLETED")])
async def test_a_watchdog_waits_for_what_is_in_the_middle_of_a_request(seconds: float, end: str) -> None:
    async with MockFlow(STORY) as cluster:
        with cluster.patch_sleep(PROGRAM):
            assert await asynchronous.with_watchdog(cluster.url, seconds) == end
        assert cluster.journal.polling().count == 1 + min(seconds, 60) // 5


def test_threads_that_deploy_side_by_side_keep_their_intervals() -> None:
    with MockFlow(STORY, STORY_OF_TWO) as cluster, ThreadPoolExecutor(2) as pool:
        with cluster.patch_sleep(PROGRAM):
            ends = pool.map(lambda given: alias.deploy(cluster.url, *given), [("w", 5), ("two", 7)])
            assert list(ends) == ["COMPLETED", "FAILED"]
        assert cluster.journal.polling("w").intervals == [5_000] * 12
        assert cluster.journal.polling("two").intervals == [7_000] * 6


def test_in_a_thread_pool_while_the_test_waits(cluster: MockFlow) -> None:
    with ThreadPoolExecutor(1) as pool, cluster.patch_sleep():
        assert pool.submit(plain.deploy, cluster.url).result(20) == "COMPLETED"
    assert cluster.journal.polling().intervals == [5_000] * 12


async def test_in_a_thread_beside_a_loop_that_serves_and_sleeps() -> None:
    async with MockFlow(STORY) as cluster:
        with cluster.patch_sleep(PROGRAM):
            told: list[tuple[float, float]] = []
            sleeping = asyncio.ensure_future(asynchronous.wake(600, told, asynchronous.time.monotonic()))
            assert await asyncio.to_thread(plain.deploy, cluster.url) == "COMPLETED"
            assert told == []
            await sleeping
        assert cluster.journal.polling().intervals == [5_000] * 12
        assert cluster.clock.elapsed == 600_000


async def test_sleep_that_blocks_its_own_loop_does_not_wait_for_its_tasks() -> None:
    async with MockFlow() as cluster:
        with cluster.patch_sleep(PROGRAM):
            told: list[tuple[float, float]] = []
            began = asynchronous.time.monotonic()
            sleeping = asyncio.ensure_future(asynchronous.wake(1, told, began))
            await asyncio.sleep(0)
            plain.time.sleep(10)
            await sleeping
        assert told == [(1, 10)]


async def test_a_task_that_is_cancelled_sleeps_no_more() -> None:
    async with MockFlow() as cluster:
        with cluster.patch_sleep(PROGRAM):
            asleep = [asyncio.ensure_future(asynchronous.wake(length, [], 0)) for length in (5, 3600)]
            await asyncio.sleep(0)
            asleep[0].cancel()
            await asyncio.wait(asleep)
        assert cluster.clock.elapsed == 3_600_000


STORY_OF_TWO = (
    Scenario("story of two").workflow("two").at("0s", state="PROVISIONING").at("42s", state="FAILED", error="no room")
)


# -- what sleeps how long ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "milliseconds"), [(0, 0), (0.0, 0), (1, 1000), (2.5, 2500), (0.0001, 1), (0.3, 300), (16.1, 16_100)]
)
def test_lengths(cluster: MockFlow, seconds: float, milliseconds: int) -> None:
    with cluster.patch_sleep(PROGRAM):
        before = (plain.time.monotonic(), plain.time.time(), plain.time.perf_counter(), plain.time.monotonic_ns())
        plain.time.sleep(seconds)
        after = (plain.time.monotonic(), plain.time.time(), plain.time.perf_counter(), plain.time.monotonic_ns())
    assert cluster.clock.elapsed == milliseconds
    assert [later - earlier for earlier, later in zip(before, after, strict=True)] == [
        *[pytest.approx(milliseconds / 1000, abs=1e-6)] * 3,
        milliseconds * 10**6,
    ]


@pytest.mark.parametrize("seconds", [-1, -0.001])
def test_a_negative_length_is_refused_as_ever(cluster: MockFlow, seconds: float) -> None:
    with cluster.patch_sleep(PROGRAM), pytest.raises(ValueError, match="sleep length must be non-negative"):
        plain.time.sleep(seconds)
    assert cluster.clock.elapsed == 0


@pytest.mark.parametrize("seconds", [0, -1])
async def test_a_task_that_only_lets_others_run(seconds: float) -> None:
    async with MockFlow() as cluster:
        with cluster.patch_sleep(PROGRAM):
            assert await asynchronous.asyncio.sleep(seconds, "result") == "result"
            assert await asynchronous.asyncio.sleep(1, "result") == "result"
        assert cluster.clock.elapsed == 1_000


async def test_to_sleep_for_ever_moves_nothing() -> None:
    async with MockFlow() as cluster:
        with cluster.patch_sleep(PROGRAM):
            for_ever = asyncio.ensure_future(asynchronous.asyncio.sleep(float("inf")))
            await asynchronous.asyncio.sleep(5)
            assert not for_ever.done()
            for_ever.cancel()
        assert cluster.clock.elapsed == 5_000


def test_a_loop_that_waits_in_tiny_steps_ends(cluster: MockFlow) -> None:
    with cluster.patch_sleep(PROGRAM):
        deadline = plain.time.monotonic() + 0.02
        while plain.time.monotonic() < deadline:
            plain.time.sleep(0.0001)
    assert cluster.clock.elapsed == 20


def test_time_goes_on_from_the_real_one_and_the_date_is_the_clusters(cluster: MockFlow) -> None:
    before = time.monotonic()
    with cluster.patch_sleep(PROGRAM):
        assert before <= plain.time.monotonic() <= time.monotonic() + 1
        assert plain.time.time() == cluster.clock.now / 1000 == 1_767_225_600
        assert plain.time.time_ns() == cluster.clock.now * 10**6
        assert plain.time.strftime is time.strftime


# -- before and after ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "frozen", "real"])
def test_everything_is_as_before_afterwards(mode: Any) -> None:
    with MockFlow(STORY, clock=mode) as cluster:
        with cluster.patch_sleep():
            assert cluster.clock.mode == "driven"
            assert not any(now is before for now, before in zip(seen_by_the_program(), UNTOUCHED, strict=True))
        assert cluster.clock.mode == mode
        assert seen_by_the_program() == UNTOUCHED
        assert (time.sleep, time.time, time.monotonic, time.perf_counter, asyncio.sleep) == REAL


def test_what_keeps_real_time(cluster: MockFlow) -> None:
    with cluster.patch_sleep():
        assert time is plain.time  # this module is one of those that are patched
        assert sys.modules["time"].sleep is REAL[0]
        assert (threading._time, asyncio.base_events.time) == (REAL[2], sys.modules["time"])  # type: ignore[attr-defined]


def test_only_what_is_named_is_patched(cluster: MockFlow) -> None:
    with cluster.patch_sleep(f"{PROGRAM}.deep"):
        assert plain.time is not time
        assert (names.sleep, alias.t, time.sleep) == (REAL[0], sys.modules["time"], REAL[0])
    with cluster.patch_sleep(names.__name__, f"{PROGRAM}.deep.plain"):
        assert names.sleep is not REAL[0]
        assert plain.time is not time
        assert alias.t is time


@pytest.mark.parametrize("mode", ["auto", "frozen"])
def test_an_exception_within(mode: Any) -> None:
    with MockFlow(STORY, clock=mode) as cluster:
        with pytest.raises(ZeroDivisionError), cluster.patch_sleep(PROGRAM):
            raise ZeroDivisionError
        assert cluster.clock.mode == mode
        assert seen_by_the_program() == UNTOUCHED


def test_an_exception_within_wins_over_a_cluster_that_has_gone() -> None:
    with MockFlow() as cluster:
        patch = cluster.patch_sleep(PROGRAM)
        patch.__enter__()
    patch.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert seen_by_the_program() == UNTOUCHED


def test_a_cluster_that_has_gone_within_is_told_and_leaves_no_patch() -> None:
    with MockFlow() as cluster:
        patch = cluster.patch_sleep(PROGRAM)
        patch.__enter__()
    with pytest.raises(MockFlowError, match="this MockFlow has stopped"):
        plain.time.sleep(1)
    with pytest.raises(MockFlowError, match="this MockFlow has stopped"):
        patch.__exit__(None, None, None)
    assert seen_by_the_program() == UNTOUCHED
    with MockFlow() as another, another.patch_sleep(PROGRAM):
        plain.time.sleep(1)


def test_a_module_that_has_something_to_say_to_new_attributes(
    cluster: MockFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stubborn(types.ModuleType):
        def __setattr__(self, name: str, value: object) -> None:
            raise TypeError("hands off")

    module = Stubborn("stubborn")
    vars(module)["sleep"] = time.sleep
    monkeypatch.setitem(sys.modules, f"{PROGRAM}.stubborn", module)
    with cluster.patch_sleep(PROGRAM):
        assert vars(module)["sleep"] is not REAL[0]
    assert vars(module)["sleep"] is REAL[0]


def test_one_within_another(cluster: MockFlow) -> None:
    with cluster.patch_sleep(names.__name__):
        names.sleep(1)
        with cluster.patch_sleep(PROGRAM):
            names.sleep(1)
            plain.time.sleep(1)
        assert plain.time is time
        assert cluster.clock.mode == "driven"
        names.sleep(1)
    assert cluster.clock.elapsed == 4_000
    assert cluster.clock.mode == "auto"
    assert seen_by_the_program() == UNTOUCHED


def test_of_two_clusters_one_at_a_time(cluster: MockFlow) -> None:
    with MockFlow() as another:
        with (
            cluster.patch_sleep(PROGRAM),
            pytest.raises(MockFlowError, match="of another cluster is active"),
            another.patch_sleep(PROGRAM),
        ):
            pass
        assert another.clock.mode == "auto"
        with another.patch_sleep(PROGRAM):
            plain.time.sleep(1)
        assert (cluster.clock.elapsed, another.clock.elapsed) == (0, 1_000)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tests.handle.program.nams", r'no module "tests\.handle\.program\.nams" is imported; did you mean .*names\?'),
        ("no_such_thing_anywhere", "is imported; import it first, or correct the name"),
        ("asyncio", '"asyncio" keeps real time; name the modules of the code under test'),
        ("aiohttp.client", '"aiohttp.client" keeps real time'),
        ("mockflow", '"mockflow" keeps real time'),
    ],
)
def test_modules_that_cannot_be_patched(cluster: MockFlow, name: str, why: str) -> None:
    with pytest.raises(MockFlowError, match=f"patch_sleep: .*{why}"), cluster.patch_sleep(name):
        pass
    assert cluster.clock.mode == "auto"


def test_the_mode_afterwards_is_the_one_before_whatever_was_set_within(cluster: MockFlow) -> None:
    with cluster.patch_sleep(PROGRAM):
        cluster.clock.freeze()
    assert cluster.clock.mode == "auto"
    assert [poll(cluster.url) for _ in range(2)] == ["PROVISIONING", "COMPLETED"]
