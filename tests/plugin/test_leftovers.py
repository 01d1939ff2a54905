"""What tests leave behind: nothing, and what is left of a test's own threads never reaches another test."""

import json
import socket
import sys
from typing import Any

import pytest

from mockflow.testing import worlds
from mockflow.testing.setup import Setup
from tests.plugin.conftest import Suite


def test_a_leftover_thread_never_reaches_the_next_world(suite: Suite) -> None:
    tests = """
going, answers = [], []

@pytest.mark.mockflow(STUCK)
def test_leaves_a_thread(mockflow):
    url, polled = mockflow.url, threading.Event()

    def poll():
        while not going or going[-1]:
            try:
                answers.append(state(url))
            except OSError as error:
                answers.append(error)
            polled.set()

    elsewhere(poll)
    polled.wait(20)
    going.append(True)

@pytest.mark.parametrize("number", range(20))
@pytest.mark.mockflow("story.yaml")
def test_next(mockflow, number):
    before = len(answers)
    while len(answers) < before + 3:
        time.sleep(0)
    assert mockflow.journal.requests() == []

def test_it_was_refused():
    going.append(False)
    assert isinstance(answers[-1], OSError)
"""
    suite.run(tests).assert_outcomes(passed=22)


def test_no_port_serves_two_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    session = worlds.Session()
    try:
        first = session.begin(Setup())
        session.end(first)
        offered = iter([first.handle.port])

        class Socket(socket.socket):
            """The system returns the port of the first world once more."""

            def bind(self, address: Any) -> None:
                super().bind((address[0], next(offered, address[1])))

        monkeypatch.setattr(socket, "socket", Socket)
        second = session.begin(Setup())
        session.end(second)
        assert next(offered, None) is None
        assert second.handle.port != first.handle.port
    finally:
        session.stop()


def test_a_port_that_another_process_takes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    session = worlds.Session()
    try:
        with socket.create_server(("127.0.0.1", 0)) as others:
            unused, taken = worlds._unused, [others.getsockname()[1]]
            monkeypatch.setattr(worlds, "_unused", lambda before: taken.pop() if taken else unused(before))
            world = session.begin(Setup())
            assert not taken
            assert world.handle.port != others.getsockname()[1]
            session.end(world)
    finally:
        session.stop()


OPEN = """
import json, os, threading

def pytest_unconfigure():
    threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    with open("left.json", "w") as file:
        json.dump({"threads": threads, "sockets": sockets()}, file)

def sockets():
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            pass
    return [name for name in found if name.startswith("socket:")]
"""
ENDS = {
    "passes": (
        "@pytest.mark.mockflow(STUCK)\ndef test_x(mockflow, mockflow_client):\n"
        "    assert state(mockflow.url) == 'PROVISIONING'\n    mockflow_client.info()\n",
        pytest.ExitCode.OK,
    ),
    "KeyboardInterrupt": ("def test_x(mockflow): raise KeyboardInterrupt\n", pytest.ExitCode.INTERRUPTED),
    "failed setup": (
        "@pytest.fixture\ndef broken(mockflow): raise OSError\ndef test_x(broken): pass\n",
        pytest.ExitCode.TESTS_FAILED,
    ),
    "wrong marker": (
        "@pytest.mark.mockflow('nowhere.yaml')\ndef test_x(mockflow): pass\n",
        pytest.ExitCode.TESTS_FAILED,
    ),
    "interrupted setup": (
        "@pytest.fixture\ndef broken(mockflow): raise KeyboardInterrupt\ndef test_x(broken): pass\n",
        pytest.ExitCode.INTERRUPTED,
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="counts the sockets in /proc")
@pytest.mark.parametrize(("tests", "code"), ENDS.values(), ids=ENDS)
def test_nothing_is_left_behind(suite: Suite, tests: str, code: int) -> None:
    suite.write("conftest.py", OPEN)
    result = suite.run(tests)
    assert result.ret == code
    assert json.loads((suite.path / "left.json").read_text("utf-8")) == {"threads": [], "sockets": []}


COUNTS = """
import gc, json, os, threading

def counts():
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
        "worlds": sum(type(thing).__name__ == "Cluster" for thing in gc.get_objects()),
        "kilobytes": pages * os.sysconf("SC_PAGE_SIZE") // 1024,
    }

told = []

def pytest_runtest_teardown(item, nextitem):
    number = int(item.name.rpartition("[")[2][:-1])
    if number in (99, 399):
        told.append(counts())

def pytest_unconfigure():
    with open("counts.json", "w") as file:
        json.dump(told, file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_hundreds_of_tests_leave_nothing_behind(suite: Suite) -> None:
    suite.write("conftest.py", COUNTS)
    tests = """
import http.client

@pytest.mark.mockflow("story.yaml")
@pytest.mark.parametrize("number", range(400))
def test_x(mockflow, mockflow_server, number):
    connection = http.client.HTTPConnection(mockflow.host, mockflow.port)
    for _ in range(4):
        connection.request("GET", f"/_plugins/_flow_framework/workflow/{ID}/_status")
        assert connection.getresponse().read()
    connection.close()
"""
    suite.run(tests).assert_outcomes(passed=400)
    early, late = json.loads((suite.path / "counts.json").read_text("utf-8"))
    kept = ("threads", "files", "worlds")
    assert [late[what] for what in kept] == [early[what] for what in kept]
    grown = late["kilobytes"] - early["kilobytes"]
    assert grown < 3_000, (early, late)  # pytest itself keeps some 3 KB of each test
