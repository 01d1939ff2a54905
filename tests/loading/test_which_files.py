"""Which files are read: none that wait for ever, and no body file of another folder."""

import os
import socket
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from mockflow import MockFlow, ScenarioError
from mockflow.cli import main
from mockflow.handle import MockFlowError
from mockflow.loading.load import load_paths
from mockflow.loading.regular_files import SpecialFileError, read_regular
from mockflow.server.tls import TlsError, loaded
from tests.support.served import Served

pytestmark = pytest.mark.slow

STUB: Final = "scenario: s\nstubs: [{{request: GET /x, respond: {{body_file: {name}}}}}]\n"
OUTSIDE: Final = (
    "is outside of the folder of the scenario's file; move it there, or allow its folder with --body-files "
    "(in Python: body_files)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for scenarios, beside it a file."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "scenarios").mkdir()
    return tmp_path / "scenarios"


def written(folder: Path, name: str) -> Path:
    file = folder / "s.yaml"
    file.write_text(STUB.format(name=name))
    return file


@pytest.mark.parametrize("name", ["../secret.txt", "{folder}/../secret.txt", "link.txt", "links/secret.txt", "../no"])
def test_a_body_file_stays_below_the_scenarios_folder(folder: Path, name: str) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "links").symlink_to(folder.parent)
    file = written(folder, name.format(folder=folder))
    [problem] = load_paths([file]).errors
    assert str(problem).endswith(OUTSIDE)
    if name != "../no":
        assert load_paths([file], [folder.parent]).errors == []


def test_a_link_within_the_folder(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "body.txt").write_text("body")
    (folder / "link.txt").symlink_to(folder / "deep" / "body.txt")
    assert load_paths([written(folder, "link.txt")]).problems == []
    folder.rename(folder.parent / "moved")
    (folder.parent / "scenarios").symlink_to(folder.parent / "moved")
    (folder / "link.txt").unlink()
    assert load_paths([written(folder, "deep/body.txt")]).problems == []


def test_folders_that_python_allows(folder: Path) -> None:
    file = written(folder, "../secret.txt")
    with pytest.raises(ScenarioError, match="outside of the folder"):
        MockFlow(file)
    with MockFlow(file, body_files=[folder.parent]) as cluster:
        cluster.load(file)
        with pytest.raises(ScenarioError, match="outside of the folder"):
            MockFlow.connect(cluster.url).load(file)
        MockFlow.connect(cluster.url).load(file, body_files=[str(folder.parent)])


@pytest.mark.parametrize("kind", ["FIFO", "device", "socket"])
def test_what_is_no_file_is_refused_and_not_waited_for(folder: Path, kind: str) -> None:
    special = folder / "special.yaml"
    if kind == "FIFO":
        os.mkfifo(special)
    elif kind == "device":
        special.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(os.path.relpath(special))  # the name of a socket is short
    reason = f"it is a {kind}, not a file"
    for path in (special, folder):
        assert [problem.message for problem in load_paths([path]).errors] == [f"cannot be read: {reason}"]
    [problem] = load_paths([written(folder, "special.yaml")], ["/dev"]).errors
    assert reason in str(problem)
    with pytest.raises(SpecialFileError, match=reason):
        read_regular(special)
    with pytest.raises(TlsError, match=reason):
        loaded(special, special)
    with pytest.raises(MockFlowError, match=reason):
        MockFlow.connect("https://127.0.0.1:1", ca=str(special))


def test_the_options_of_commands(folder: Path) -> None:
    file = written(folder, "../secret.txt")
    assert CliRunner().invoke(main, ["check", str(file)]).exit_code == 1
    assert CliRunner().invoke(main, ["check", str(file), "--body-files", str(folder.parent)]).exit_code == 0
    options: list[str | Path] = ["--body-files", folder.parent, "--control-host-allow", "mock.local", "--quiet"]
    with Served(file, *options) as served, closing(HTTPConnection(urlsplit(served.url).netloc)) as connection:
        headers = {"Host": "mock.local", "Origin": "http://mock.local"}
        answers = []
        for path in ("/_mockflow/clock", "/x"):
            connection.request("GET", path, headers=headers)
            answers.append(connection.getresponse().read())
        assert b'"mode"' in answers[0]
        assert answers[1] == b"secret"
