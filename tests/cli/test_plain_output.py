"""Names that would forge a line or drive a terminal, and secrets: in the log, and in what commands print."""

import io
import json
import logging
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from rich.console import Console

from mockflow import MockFlow, Scenario
from mockflow.cli import logs, main
from mockflow.cli.live import Followed, _screen
from mockflow.server.http.messages import Request
from tests.cli.cluster_double import double
from tests.support.python_api import create

EVIL: Final = "a\x1b[2J\u202e\u2028\x9b\nb"
SHOWN: Final = r"a\x1b[2J\u202e\u2028\x9b\nb"
KEY: Final = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture(params=["text", "json"])
def logged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """The lines of the log so far."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logger = logging.getLogger("mockflow")
    before = logger.handlers[:], logger.propagate, logger.level
    logs.set_up(request.param, quiet=False)
    yield lambda: stream.getvalue().split("\n")[:-1]
    logger.handlers[:], logger.propagate, logger.level = before


def is_safe(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_a_log_line_is_one_line(logged: Callable[[], list[str]]) -> None:
    logging.getLogger("mockflow").warning("workflow %s", EVIL)
    try:
        raise ValueError(EVIL)
    except ValueError:
        logging.getLogger("mockflow").exception("password=%s", KEY)
    logs._log_request(Request("GET", f"/x{EVIL}?token=s3cret&q={KEY}", {}), 200, 0.1)
    lines = logged()
    assert all(line.isprintable() for line in lines)
    if lines[0].startswith("{"):
        assert len(lines) == 3
    else:  # the lines of the traceback are indented
        assert sum(not line.startswith("  ") for line in lines) == 3
    whole = "\n".join(lines).replace(r"\\", "\\")
    assert SHOWN in lines[0].replace(r"\\", "\\")
    assert SHOWN in lines[-1].replace(r"\\", "\\")
    assert "s3cret" not in whole
    assert KEY not in whole


def test_a_template_forges_no_line(logged: Callable[[], list[str]]) -> None:
    twins = [Scenario(glob).match(name=glob).at("0s", state="COMPLETED") for glob in ("a*", "*b")]
    with MockFlow(*twins) as cluster:
        create(cluster, {"name": EVIL, "workflows": {"provision": {"nodes": [{"id": "n", "type": "noop"}]}}}, "")
    [line] = [line for line in logged() if "equally" in line]
    assert line.isprintable()


def test_the_story_and_coverage() -> None:
    with MockFlow(Scenario(EVIL).workflow("w").fault("any", call=99, respond="unauthorized", name=EVIL)) as cluster:
        assert is_safe(cluster.journal.story())
        assert SHOWN in str(cluster.coverage().parts[0])


@pytest.mark.parametrize("command", [["show"], ["check"], ["plot", "-o", "-"]], ids=lambda words: words[0])
def test_commands(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "s.yaml"
    name = json.dumps(EVIL)
    resource = f"{{workflow_step_name: noop, workflow_step_id: {name}, resource_type: {name}, resource_id: {name}}}"
    file.write_text(
        f"scenario: {name}\nunrealistic: true\nworkflow_id: {name}\ndescription: {name}\n"
        f"provision: {{timeline: [{{at: 0s, state: {name}, error: {name}, created: [{resource}]}}]}}\n"
        f"faults: [{{on: any, during: 1s..2s, name: {name}, respond: unauthorized}}]\n"
        f"stubs: [{{request: GET /x, name: {name}, respond: {{status: 200}}}}]\n"
        + (f"{name}: 1\n" if command == ["check"] else "")
    )
    done = CliRunner().invoke(main, [*command, str(file)])
    assert is_safe(done.output), done.output
    assert ("a\\u001b[2J" if command == ["check"] else "a\\x1b[2J") in done.output


def test_what_a_server_answers() -> None:
    with double() as server:
        server.otherwise = (400, {"error": {"message": EVIL, "problems": []}})
        done = CliRunner().invoke(main, ["show", "--live", server.url])
    assert done.exit_code == 1
    assert is_safe(done.output)
    assert r"a\x1b[2J" in done.output


def test_live_pictures_and_lines() -> None:
    view: dict[str, Any] = {
        **dict.fromkeys(("workflow_id", "scenario", "run", "state", "starts"), EVIL),
        "begun": True,
        "elapsed_ms": 5,
        "polls": 1,
        "timeline": [],
        "faults": [],
    }
    moment: dict[str, Any] = {"at_ms": 0, "at_poll": None, "after_poll_ms": None, "keyframe": 0}
    moment["status"] = {"state": EVIL, "error": EVIL}
    exchange: dict[str, Any] = {
        "workflow_id": EVIL,
        "operation": None,
        "method": EVIL,
        "target": EVIL,
        "status": 200,
        "wall": 1.0,
    }
    exchange |= {"response": {"state": EVIL, "error": EVIL}, "fault": EVIL, "stub": EVIL, "connection": None, "now": 5}
    answers: dict[str, Any] = {
        "journal": {"counted": 1, "exchanges": [exchange]},
        "clock": {"now": 5, "elapsed_ms": 5, "mode": "auto", "speed": 1.0},
        "workflows": [view],
    }
    detail = {**view, "timeline": [moment], "faults": [{"fault": EVIL, "from_ms": 0, "to_ms": 2}]}
    followed = Followed(lambda path: answers.get(path.partition("?")[0].strip("/"), detail))
    events = followed.update()
    output = io.StringIO()
    console = Console(file=output, width=100, color_system=None)
    console.print(_screen(followed, "http://x", console, deque(events)))
    assert is_safe(output.getvalue())
    assert all(str(event).isprintable() for event in events)
