"""A handle that is used where it cannot work says so at once: not entered, copied, or in a forked child."""

import copy
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import pytest

from mockflow import MockFlow, MockFlowError
from mockflow.cluster.clock import WallTime
from tests.support.processes import PATIENCE_SECONDS, environment

CHILD: Final = """
import http.client, os, socket, sys, time
from mockflow import MockFlow, MockFlowError

def told(call):
    began = time.monotonic()
    try:
        call()
        return "nothing"
    except MockFlowError as error:
        return str(error) if time.monotonic() - began < 5 else "late"

reading, writing = os.pipe()
going, go = os.pipe()
with MockFlow() as cluster:
    client = http.client.HTTPConnection(cluster.host, cluster.port)
    client.request("GET", "/_cluster/health")
    client.getresponse().read()
    child = os.fork()
    if child == 0:
        os.write(writing, "\\n".join([
            told(lambda: cluster.clock.mode),
            told(lambda: cluster.journal.requests()),
            told(lambda: cluster.__exit__(None, None, None)),
            told(lambda: MockFlow.connect(cluster.url).clock.mode),
            told(lambda: MockFlow().__enter__().__exit__(None, None, None)),
        ]).encode())
        os.close(writing)
        os.read(going, 1)
        os._exit(0)
    os.close(writing)
    print(open(reading).read())
    print(cluster.clock.mode)
try:
    socket.create_connection((cluster.host, cluster.port))
    print("open")
except ConnectionRefusedError:
    print("refused")
print(client.sock.recv(1))
os.write(go, b"x")
os.waitpid(child, 0)
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_is_told_and_the_port_closes_with_the_parent() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", CHILD]  # 3.12 warns of any fork with threads
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=environment())
    assert done.stderr == ""
    *told, mode, port, received = done.stdout.splitlines()
    forked = "this process was forked from the one that runs the MockFlow"
    assert [text.partition(",")[0] for text in told] == [forked, forked, "nothing", "nothing", "nothing"]
    assert "MockFlow.connect(url)" in told[0]
    assert (mode, port, received) == ("auto", "refused", "b''")


@pytest.mark.parametrize(
    "use",
    [
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        lambda handle: copy.deepcopy(handle.clock),
        lambda handle: pickle.dumps(handle.journal),
        lambda handle: copy.deepcopy({"of": handle}),
    ],
)
def test_no_handle_can_be_copied(use: Callable[[Any], object]) -> None:
    with MockFlow() as cluster:
        for handle in (cluster, MockFlow.connect(cluster.url)):
            with pytest.raises(MockFlowError, match=r"cannot be copied or pickled; MockFlow\.connect\(url\)"):
                use(handle)


def test_to_leave_what_was_not_entered() -> None:
    cluster = MockFlow()
    with pytest.raises(MockFlowError, match="was not started; use it in a with statement"):
        cluster.__exit__(None, None, None)
    with cluster, pytest.raises(MockFlowError, match="patch_sleep is not active; use it in a with statement"):
        cluster.patch_sleep().__exit__(None, None, None)
    with pytest.raises(MockFlowError, match="has stopped; use it within its with statement"):
        cluster.__exit__(None, None, None)


@pytest.mark.parametrize("token", ["", "a\udcff", " a", "a ", "a\n"])
def test_a_token_that_no_header_carries(token: str) -> None:
    with pytest.raises(MockFlowError, match="a control token is printable text in UTF-8"):
        MockFlow(control_token=token)
    if token:
        with pytest.raises(MockFlowError, match="a control token is printable text in UTF-8"):
            MockFlow.connect("http://127.0.0.1:1", token=token)


def test_any_other_token_is_sent_as_it_is() -> None:
    with MockFlow(control_token="ö b/&") as cluster:
        assert MockFlow.connect(cluster.url, token="ö b/&").clock.mode == "auto"


def test_a_user_that_is_not_utf_8() -> None:
    with pytest.raises(MockFlowError, match="a user is not UTF-8"):
        MockFlow(users=["ann:pw\udcff"])


def test_times_when_the_system_clock_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    system, steady = [1000.0], [50.0]
    monkeypatch.setattr("mockflow.server.answer.wall_time", WallTime(lambda: system[0], lambda: steady[0]))
    with MockFlow(clock="frozen") as cluster:
        for jump in (0, -500, -500, 4000):
            system[0] += jump + 3
            steady[0] += 3
            _ask(cluster)
        exchanges = cluster.journal.requests()
    assert [one.wall for one in exchanges] == [1003, 1006, 1009, 4012]
    assert all(one.took_ms >= 0 for one in exchanges)


def _ask(cluster: MockFlow) -> None:
    with socket.create_connection((cluster.host, cluster.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while client.recv(4096):
            pass
