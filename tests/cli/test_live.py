"""`mockflow show --live`: a server followed by a process of its own, and its words as a pure function of answers."""

import io
import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from rich.console import Console

from mockflow.cli import live, main
from mockflow.cli.live import Followed
from tests.support.paths import SCENARIOS
from tests.support.processes import PATIENCE_SECONDS, environment, start
from tests.support.served import Served

DOCS: Final = SCENARIOS / "docs-example.yaml"
DOCS_ID: Final = "8xL8bowB8y25Tqfenm50"


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(DOCS, "--frozen", "--quiet") as served:
        yield served


class Following:
    """`mockflow show --live` as a process whose output is no terminal."""

    def __init__(self, url: str, **env: str) -> None:
        self.process = start("show", "--live", url, env=environment(env))
        self._watchdog = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        self._watchdog.start()

    def __enter__(self) -> "Following":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self._watchdog.cancel()

    def until(self, words: str) -> str:
        """The next line that has these words."""
        assert self.process.stdout
        for line in self.process.stdout:
            if words in line:
                return line.rstrip("\n")
        raise AssertionError(f"it ended without: {words}")

    def interrupt(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(), self.process.stderr.read() if self.process.stderr else ""


def test_one_line_for_each_event_until_ctrl_c(served: Served) -> None:
    with Following(served.url) as following:
        assert following.until("following").endswith(f"{served.url}: 1 workflow, clock frozen")
        assert following.until(DOCS_ID) == f"{DOCS_ID}: NOT_STARTED"
        served.status(DOCS_ID)
        assert following.until("get_status").endswith(f"get_status  {DOCS_ID}  200  NOT_STARTED")
        assert following.until("begins").endswith(f"{DOCS_ID}: its run begins (look)")
        served.advance("2s")
        assert following.until("->").endswith(f"{DOCS_ID}: NOT_STARTED -> PROVISIONING")
        served.ask("/_plugins/_flow_framework/workflow/nope/_status")
        assert following.until("nope").endswith("nope  404  Fail to find workflow status of nope")
        served.ask("/_mockflow/scenarios/docs-example", "DELETE")
        assert following.until("removed").endswith(f"{DOCS_ID}: removed")
        served.reset()
        assert "a new world" in following.until("new world")
        assert following.interrupt() == (0, "")


def test_a_server_that_goes_away_and_comes_back() -> None:
    with Served(DOCS, "--frozen", "--quiet") as served, Following(served.url) as following:
        following.until(DOCS_ID)
        served.stop(signal.SIGTERM)
        line = following.until("does not answer")
        assert line.endswith(f"{served.url} does not answer: Connection refused; waiting for it")
        with Served(DOCS, "--frozen", "--quiet", "--port", served.url.rpartition(":")[2]) as again:
            assert following.until("answers again").endswith(f"{again.url} answers again")
        assert following.interrupt() == (0, "")


def test_faults_are_told(tmp_path: Path) -> None:
    file = tmp_path / "faulty.yaml"
    file.write_text(
        "scenario: s\nworkflow_id: w\nprovision: {timeline: [{at: 0s, state: PROVISIONING}]}\n"
        "faults: [{on: get_status, call: 1, respond: too_many_requests}]\n"
    )
    with Served(file, "--frozen", "--quiet") as served, Following(served.url) as following:
        following.until("w: PROVISIONING")
        assert served.ask("/_plugins/_flow_framework/workflow/w/_status")[0] == 429
        assert "w  429" in (line := following.until("get_status"))
        assert "[fault get_status" in line


@pytest.mark.parametrize("url", ["http://127.0.0.1:port", "ftp://x", "http://"])
def test_what_is_no_address(url: str) -> None:
    done = CliRunner().invoke(main, ["show", "--live", url])
    assert done.exit_code == 2
    assert "is not the address of a server" in done.output


def test_nobody_is_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = CliRunner().invoke(main, ["show", "--live", url])
    assert (done.exit_code, done.output) == (1, f"Error: {url} does not answer: Connection refused\n")


def test_an_owners_door_that_wants_a_token() -> None:
    with Served(DOCS, "--frozen", "--quiet", "--control-token", "hush-hush-hush-hush") as served:
        done = CliRunner().invoke(main, ["show", "--live", served.url])
        assert done.exit_code == 1
        assert done.output.startswith(f"Error: {served.url}: ")
        with Following(served.url, MOCKFLOW_CONTROL_TOKEN="hush-hush-hush-hush") as following:
            following.until(f"{DOCS_ID}: NOT_STARTED")
            assert following.interrupt() == (0, "")


# -- as pictures, by the control API's answers alone ---------------------------------------------------


class Door:
    """Answers as the control API, with what a test puts there."""

    def __init__(self) -> None:
        self.exchanges: list[dict[str, Any]] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.is_away = False

    def workflow(self, name: str, **changes: Any) -> None:
        view = {
            "workflow_id": name,
            "scenario": "s",
            "run": "look",
            "begun": True,
            "elapsed_ms": 0,
            "polls": 0,
            "state": "PROVISIONING",
            "faults": [],
            "timeline": [
                {"at_ms": at, "at_poll": None, "after_poll_ms": None, "status": {"state": state}}
                for at, state in ((0, "PROVISIONING"), (1000, "COMPLETED"))
            ],
        }
        self.views[name] = {**view, **changes}

    def polled(self, name: str, status: int, **changes: Any) -> None:
        self.exchanges.append(
            {
                "number": len(self.exchanges) + 1,
                "operation": "get_status",
                "workflow_id": name,
                "method": "GET",
                "target": "/",
                "status": status,
                "now": 500,
                "wall": 0.0,
                "response": {"state": "PROVISIONING"},
                **changes,
            }
        )

    def ask(self, path: str) -> Any:
        if self.is_away:
            raise ConnectionRefusedError
        if path.startswith("/journal?since="):
            since = int(path.partition("=")[2])
            return {"counted": len(self.exchanges), "exchanges": [e for e in self.exchanges if e["number"] > since]}
        if path == "/clock":
            return {"now": 500, "elapsed_ms": 500, "mode": "real", "speed": 2.0}
        return list(self.views.values()) if path == "/workflows" else self.views[path.rpartition("/")[2]]


@pytest.fixture
def door() -> Door:
    return Door()


def screen(followed: Followed, events: list[live.Event] | None = None, height: int = 40) -> list[str]:
    console = Console(file=io.StringIO(), width=60, height=height, color_system=None)
    console.print(live._screen(followed, "http://x", console, deque(events or [], maxlen=8)))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_playhead_and_the_polls(door: Door) -> None:
    door.workflow("w", elapsed_ms=500, polls=1)
    followed = Followed(door.ask)
    assert followed.update() == []
    door.polled("w", 200, now=0)
    door.polled("w", 0, now=250)
    good, bad = followed.update()
    assert (good.is_bad, bad.is_bad) == (False, True)
    assert str(bad).endswith("get_status  w  no answer  PROVISIONING")
    lines = screen(followed, [good, bad])
    assert "http://x  500ms of virtual time  clock real x 2" in " ".join(lines[:2])
    [row] = [line for line in lines if "▲" in line]
    assert row.index("•") < row.index("✗") < row.index("▲")
    assert any("w  s, look  PROVISIONING  1 poll" in line for line in lines)


def test_more_workflows_than_fit(door: Door) -> None:
    for number in range(500):
        door.workflow(f"w{number}")
    followed = Followed(door.ask)
    followed.update()
    door.polled("w400", 200)
    followed.update()
    lines = screen(followed, height=30)
    assert len(lines) <= 30
    assert "and 498 more workflows: 498 PROVISIONING" in lines
    assert any(line.startswith("w400 ") for line in lines)


def test_the_last_picture_stays_while_nobody_answers(door: Door) -> None:
    door.workflow("w")
    followed = Followed(door.ask)
    followed.update()
    before = screen(followed)
    door.is_away = True
    with pytest.raises(ConnectionRefusedError):
        followed.update()
    assert screen(followed) == before


def test_words_of_clients_cannot_steer_the_terminal(door: Door) -> None:
    door.workflow("w")
    followed = Followed(door.ask)
    followed.update()
    door.polled("a\x1b[2Jb", 404, operation=None, target="/\x07", response="\x1b]0;x")
    [event] = followed.update()
    assert "\x1b" not in str(event)
    assert r"GET /\x07  a\x1b[2Jb  404" in str(event)


def test_a_workflow_that_comes_and_one_whose_run_begins_again(door: Door) -> None:
    door.workflow("w", begun=False, run=None, state="NOT_STARTED")
    followed = Followed(door.ask)
    followed.update()
    door.workflow("w", run="provision")
    door.workflow("new", state="FAILED")
    assert [(event.what, event.is_bad) for event in followed.update()] == [
        ("w: its run begins (provision), NOT_STARTED -> PROVISIONING", False),
        ("new: exists, FAILED", True),
    ]


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_on_a_terminal_it_draws_and_ends_with_ctrl_c(served: Served) -> None:
    import pty

    leader, follower = pty.openpty()
    env = environment(TERM="xterm-256color", COLUMNS="80", LINES="30")
    process = start("show", "--live", served.url, stdin=follower, stdout=follower, stderr=follower, env=env)
    watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
    watchdog.start()
    os.close(follower)
    seen = ""
    try:
        while "COMPLETED" not in seen:
            seen += os.read(leader, 65536).decode("utf-8", "replace")
        process.send_signal(signal.SIGINT)
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # Linux's word for: nobody has it open any more
                break
            if not chunk:
                break
            seen += chunk.decode("utf-8", "replace")
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
        watchdog.cancel()
        os.close(leader)
    assert "docs-example" in seen
    assert "\x1b[?25h" in seen  # the cursor is back
    assert "Traceback" not in seen
