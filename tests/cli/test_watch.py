"""`mockflow serve --watch`: a real server, real files, and what its clients and its owner see."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.support.processes import environment, run
from tests.support.served import WORKFLOW, Served

pytest.importorskip("watchfiles", reason="the extra watch is not installed")

_PATIENCE_SECONDS: Final = 30
SCRIPT: Final = """\
scenario: story
workflow_id: w
provision:
  timeline:
    - at: 0s
      state: PROVISIONING
    - at: {end}
      state: COMPLETED
"""


def until(holds: Callable[[], bool]) -> None:
    """Looks again and again until it holds."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.1)  # each look is a line in a log that nobody reads before the end


def put_in_place(path: Path, text: str) -> None:
    """As careful editors save."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    temporary.replace(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios"
    path.mkdir()
    (path / "story.yaml").write_text(SCRIPT.format(end="2s"))
    return path


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with Served(folder, "--frozen", env={"MOCKFLOW_WATCH": "1"}) as served:
        yield served


def state(served: Served, workflow_id: str = "w") -> Any:
    """None where there is no such workflow."""
    status, body = served.ask(f"{WORKFLOW}/{workflow_id}/_status")
    return body["state"] if status == 200 else None


def problems(served: Served) -> list[Any]:
    return list(served.ask("/_mockflow/scenarios")[1]["problems"])


def test_a_story_of_edits(folder: Path, served: Served) -> None:
    file = folder / "story.yaml"
    assert state(served) == "PROVISIONING"
    served.advance("3s")
    assert state(served) == "COMPLETED"

    file.write_text(SCRIPT.format(end="5s"))  # truncates and writes
    until(lambda: state(served) == "PROVISIONING")
    file.write_text(SCRIPT.format(end="soon"))
    until(lambda: problems(served) != [])
    (problem,) = problems(served)
    assert (problem["file"], problem["line"], problem["column"]) == (str(file), 7, 11)
    assert state(served) == "PROVISIONING"
    put_in_place(file, SCRIPT.format(end="3s"))
    until(lambda: problems(served) == [])
    assert state(served) == "COMPLETED"  # its 3 s have passed

    file.rename(folder / "renamed.yaml")
    until(lambda: "renamed" in served.ask("/_mockflow/scenarios")[1]["scenarios"][0]["source"])
    assert state(served) == "COMPLETED"
    (folder / "deep").mkdir()
    until_known = "scenario: new\nworkflow_id: n\n"
    (folder / "deep" / "new.yaml").write_text(until_known)
    until(lambda: state(served, "n") == "NOT_STARTED")
    (folder / "renamed.yaml").unlink()
    until(lambda: state(served) is None)
    assert state(served, "n") == "NOT_STARTED"

    code, stderr, stdout = served.stop(signal.SIGTERM)
    assert (code, stdout) == (0, f"see its timelines at {served.url}/_mockflow/\n")
    assert f"error: {file}:7:11: " in stderr
    assert "reloaded: 1 gone (story)" in stderr
    assert "Traceback" not in stderr


def test_a_folder_that_is_taken_away_and_made_anew(folder: Path, served: Served) -> None:
    aside = folder.rename(folder.with_name("aside"))
    until(lambda: state(served) is None)
    assert problems(served)[0]["message"] == "no such file or folder"
    folder.mkdir()
    put_in_place(folder / "story.yaml", (aside / "story.yaml").read_text())
    until(lambda: state(served) == "PROVISIONING")
    put_in_place(folder / "story.yaml", SCRIPT.format(end="0s").replace("PROVISIONING", "NOT_STARTED", 1))
    until(lambda: problems(served) != [])  # two keyframes at one time
    assert state(served) == "PROVISIONING"


def test_a_single_file(folder: Path) -> None:
    (folder / "other.yaml").write_text("scenario: other\nworkflow_id: o\n")
    with Served(folder / "story.yaml", "--frozen", "--watch") as served:
        assert state(served) == "PROVISIONING"
        served.advance("3s")
        put_in_place(folder / "story.yaml", SCRIPT.format(end="5s"))
        until(lambda: state(served) == "PROVISIONING")
        put_in_place(folder / "story.yaml", SCRIPT.format(end="3s"))
        until(lambda: state(served) == "COMPLETED")
        assert state(served, "o") is None


VERSIONED: Final = """\
scenario: {name}
workflow_id: {name}
unrealistic: true
provision:
  timeline: [{{at: 0s, state: "{version}", error: "{version}", tenant_id: "{version}"}}]
"""


def test_no_request_is_lost_or_answered_half_old_half_new(folder: Path) -> None:
    names = ("one", "two", "three")
    file = folder / "story.yaml"

    def write(version: int) -> None:
        put_in_place(file, "---\n".join(VERSIONED.format(name=name, version=version) for name in names))

    write(0)
    with Served(folder, "--frozen", "--watch", "--quiet") as served:
        where = urlsplit(served.url)
        for name in names:
            assert served.status(name)["state"] == "0"
        wrong: list[Any] = []
        seen: set[str] = set()
        done = threading.Event()

        def poll(target: str, versions: Callable[[Any], set[str]]) -> None:
            connection = HTTPConnection(where.hostname or "", where.port, timeout=_PATIENCE_SECONDS)
            try:
                while not done.is_set():
                    connection.request("GET", target)
                    response = connection.getresponse()
                    body = json.loads(response.read())
                    told = versions(body)
                    seen.update(told)
                    if response.status != 200 or len(told) != 1:
                        wrong.append(body)
            except Exception as error:  # the main thread tells
                wrong.append(error)
            finally:
                connection.close()

        def of_status(body: Any) -> set[str]:
            return {body["state"], body["error"], body["tenant_id"]}

        def of_all(body: Any) -> set[str]:
            return {workflow["state"] for workflow in body}

        threads = [
            threading.Thread(target=poll, args=args)
            for args in (
                (f"{WORKFLOW}/one/_status?all=true", of_status),
                (f"{WORKFLOW}/two/_status?all=true", of_status),
                ("/_mockflow/workflows", of_all),
            )
        ]
        for thread in threads:
            thread.start()
        try:
            for version in range(1, 8):
                write(version)
                until(lambda version=version: str(version) in seen or bool(wrong))  # type: ignore[misc]
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert wrong == []
        assert served.process.poll() is None


# -- what it needs -------------------------------------------------------------------------------------


def test_without_paths_there_is_nothing_to_watch() -> None:
    finished = run("serve", "--watch", "--port", "0")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "--watch needs PATHS to watch" in finished.stderr


def test_without_the_extra_it_says_what_to_install(folder: Path) -> None:
    code = "import sys; sys.modules['watchfiles'] = None; from mockflow.cli import main; main()"
    finished = subprocess.run(
        [sys.executable, "-c", code, "serve", str(folder), "--watch", "--port", "0"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    assert finished.returncode == 2
    assert "needs the package watchfiles, which is not installed: pip install watchfiles" in finished.stderr


def test_a_broken_start_is_refused_with_watch_too(folder: Path) -> None:
    (folder / "story.yaml").write_text(SCRIPT.format(end="soon"))
    finished = run("serve", folder, "--watch", "--port", "0")
    assert finished.returncode == 1
    assert "--keep-going serves the others" in finished.stderr


def test_a_broken_start_with_keep_going_is_mended_by_an_edit(folder: Path) -> None:
    (folder / "story.yaml").write_text(SCRIPT.format(end="soon"))
    with Served(folder, "--watch", "--keep-going", "--frozen") as served:
        assert (len(problems(served)), state(served)) == (1, None)
        put_in_place(folder / "story.yaml", SCRIPT.format(end="2s"))
        until(lambda: state(served) == "PROVISIONING")
        assert problems(served) == []
