"""`patch_sleep` with the libraries that wait for programs: driven, or told within seconds what to do instead."""

import asyncio
import importlib
import queue
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any, Final

import pytest

from mockflow import MockFlow, MockFlowError, Scenario
from tests.support.python_api import poll

STORY: Final = Scenario("slow").workflow("w").at("0s", state="PROVISIONING").at("1m", state="COMPLETED")
PROGRAM: Final = "program_of_recipes"


def program(monkeypatch: pytest.MonkeyPatch, text: str) -> types.ModuleType:
    """A program: `state()` polls, and `deploy` does so until the end."""
    module = types.ModuleType(PROGRAM)
    vars(module).update(poll=poll)
    exec(text, vars(module))
    monkeypatch.setitem(sys.modules, PROGRAM, module)
    return module


def library(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed")


DRIVEN: Final = {
    "tenacity": """
import tenacity
def deploy(url):
    again = tenacity.retry_if_result(lambda state: state != "COMPLETED")
    return tenacity.Retrying(wait=tenacity.wait_fixed(5), retry=again)(poll, url)
""",
    "tenacity with a sleep of its own, asynchronously": """
import asyncio, tenacity
def deploy(url):
    async def ask(): return await asyncio.to_thread(poll, url)
    retrying = tenacity.AsyncRetrying(
        sleep=lambda seconds: asyncio.sleep(seconds),
        wait=tenacity.wait_fixed(5), retry=tenacity.retry_if_result(lambda s: s != "COMPLETED"))
    return asyncio.run(retrying(ask))
""",
    "backoff": """
import backoff
def deploy(url):
    return backoff.on_predicate(backoff.constant, lambda s: s != "COMPLETED", interval=5, jitter=None)(poll)(url)
""",
    "anyio": """
import anyio
def deploy(url):
    async def ask():
        while (state := await anyio.to_thread.run_sync(poll, url)) != "COMPLETED":
            await anyio.sleep(5)
        return state
    return anyio.run(ask)
""",
    "a default argument that calls the global name": """
import time
def deploy(url, sleep=lambda seconds: time.sleep(seconds)):
    while (state := poll(url)) != "COMPLETED":
        sleep(5)
    return state
""",
}


@pytest.mark.parametrize("name", DRIVEN)
def test_a_library_whose_waits_are_virtual(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.split()[0] in ("tenacity", "backoff", "anyio"):
        library(name.split()[0])
    module = program(monkeypatch, DRIVEN[name])
    with MockFlow(STORY) as cluster:
        with cluster.patch_sleep():
            assert module.deploy(cluster.url) == "COMPLETED"
        cluster.journal.assert_polling(min_interval="5s", max_interval="5s")


@pytest.mark.parametrize("name", ["urllib3", "requests"])
def test_retry_of_urllib3(name: str) -> None:
    retry = library("urllib3").Retry(total=5, backoff_factor=20, backoff_max=3600, status_forcelist=[503])
    with MockFlow(STORY) as cluster:
        cluster.fail("get_status", times=3, respond={"status": 503})
        url = f"{cluster.url}/_plugins/_flow_framework/workflow/w/_status"
        with cluster.patch_sleep("urllib3.util.retry"):
            if name == "urllib3":
                with importlib.import_module("urllib3").PoolManager(retries=retry) as pool:
                    assert pool.request("GET", url).status == 200
            else:
                requests = library("requests")
                with requests.Session() as session:
                    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
                    assert session.get(url).status_code == 200
        assert cluster.clock.elapsed == 120_000  # 0, 40 and 80 s


def test_a_loop_that_reschedules_itself_is_moved_by_hand() -> None:
    """As of Celery: run the task itself, and move the clock by the countdown of its retry."""

    class RetryError(Exception):
        countdown = 5

    def task(url: str) -> str:
        if (state := poll(url)) != "COMPLETED":
            raise RetryError
        return state

    with MockFlow(STORY, clock="frozen") as cluster:
        tries = 0
        while True:
            try:
                assert task(cluster.url) == "COMPLETED"
                break
            except RetryError as retry:
                tries += 1
                cluster.clock.advance(retry.countdown * 1000)
        assert tries == 12
        cluster.journal.assert_polling(min_interval="5s", max_interval="5s")


# -- what no patch reaches -----------------------------------------------------------------------------

NOT_DRIVEN: Final[dict[str, tuple[str, str]]] = {
    "a default argument": (
        "import time\ndef deploy(url, sleep=time.sleep):\n    while poll(url) != 'COMPLETED': sleep(60)\n",
        f"{PROGRAM} calls a sleep that it got before: a default argument, ",
    ),
    "an import within a function": (
        "def deploy(url):\n    import time\n    while poll(url) != 'COMPLETED': time.sleep(60)\n",
        f"{PROGRAM} calls a sleep that it got before: ",
    ),
    "threading": (
        "import threading\ndef deploy(url):\n    while poll(url) != 'COMPLETED': threading.Event().wait(60)\n",
        "no patch reaches this wait; ",
    ),
    "asyncio.wait_for": (
        "import asyncio\nasync def ask(url):\n    event = asyncio.Event()\n"
        "    while await asyncio.to_thread(poll, url) != 'COMPLETED':\n"
        "        try: await asyncio.wait_for(event.wait(), 60)\n        except asyncio.TimeoutError: pass\n"
        "def deploy(url): return asyncio.run(ask(url))\n",
        "no patch reaches this wait; ",
    ),
    "queue": (
        "import queue\ndef deploy(url):\n    jobs = queue.Queue()\n"
        "    while poll(url) != 'COMPLETED':\n        try: jobs.get(timeout=60)\n        except queue.Empty: pass\n",
        "no patch reaches this wait; ",
    ),
    "a program that catches everything": (
        "import threading\ndef deploy(url):\n    caught = 0\n"
        "    while poll(url) != 'COMPLETED' and caught < 2:\n"
        "        try: threading.Event().wait(60)\n        except BaseException: caught += 1\n"
        "    if caught > 1: raise RuntimeError\n",
        "no patch reaches this wait; ",
    ),
    "trio": (
        "import trio\nasync def ask(url):\n    while await trio.to_thread.run_sync(poll, url) != 'COMPLETED':\n"
        "        await trio.sleep(60)\ndef deploy(url): return trio.run(ask, url)\n",
        "no patch reaches this wait; ",
    ),
    "tenacity, asynchronously": (
        "import asyncio, tenacity\ndef deploy(url):\n    async def ask(): return await asyncio.to_thread(poll, url)\n"
        "    retrying = tenacity.AsyncRetrying(wait=tenacity.wait_fixed(60),\n"
        "        retry=tenacity.retry_if_result(lambda s: s != 'COMPLETED'))\n"
        "    return asyncio.run(retrying(ask))\n",
        "tenacity.asyncio calls a sleep that it got before: ",
    ),
}


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.handle.hangs.CHECK_SECONDS", 0.02)
    monkeypatch.setattr("mockflow.handle.hangs.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("mockflow.handle.hangs._AGAIN_SECONDS", 0.1)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("name", NOT_DRIVEN)
def test_a_wait_by_real_time_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.split(",")[0] in ("trio", "tenacity"):
        library(name.split(",")[0])
    text, told = NOT_DRIVEN[name]
    module = program(monkeypatch, text)
    with MockFlow(STORY) as cluster:
        with pytest.raises(MockFlowError) as caught, cluster.patch_sleep():
            module.deploy(cluster.url)
        assert f"-> {told}" in str(caught.value)
        assert f"{PROGRAM}." in str(caught.value) or "tenacity" in name
        assert cluster.clock.mode == "auto"
    assert time.sleep is sys.modules["time"].sleep


@pytest.mark.usefixtures("_impatient")
def test_a_module_that_is_not_named_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    module = program(monkeypatch, "import time\ndef deploy(url):\n    while poll(url) != 'COMPLETED': time.sleep(60)\n")
    told = f'-> name it: patch_sleep\\(..., "{PROGRAM}"\\)'
    with MockFlow(STORY) as cluster, pytest.raises(MockFlowError, match=told), cluster.patch_sleep("tests.support"):
        module.deploy(cluster.url)


async def polled_once(url: str) -> None:
    await asyncio.to_thread(poll, url)
    await asyncio.wait_for(asyncio.Event().wait(), 60)


@pytest.mark.usefixtures("_impatient")
async def test_in_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    async with MockFlow(STORY) as cluster:
        with pytest.raises(MockFlowError, match="no patch reaches this wait"), cluster.patch_sleep("tests.support"):
            await polled_once(cluster.url)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("work", ["nothing was asked", "the run has ended", "it computes"])
def test_who_is_left_alone(work: str) -> None:
    waits: dict[str, Callable[[str], object]] = {
        "nothing was asked": lambda url: threading.Event().wait(0.4),
        "the run has ended": lambda url: (poll(url), queue.Queue[int]().empty(), threading.Event().wait(0.4)),
        "it computes": lambda url: (poll(url), _computed(0.4)),
    }
    ended = Scenario("ended", unrealistic=True).workflow("w").at("0s", state="COMPLETED")
    with MockFlow(ended if work == "the run has ended" else STORY) as cluster, cluster.patch_sleep("tests.support"):
        waits[work](cluster.url)


def _computed(seconds: float) -> int:
    end, number = time.process_time() + seconds, 0
    while time.process_time() < end:
        number += 1
    return number
