"""`mockflow serve --edit`: what the page may write into scenario files, and what it must not."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from mockflow.cli.editing import EditedFiles
from mockflow.cli.reload import ScenarioFiles
from mockflow.cluster import Cluster, Settings
from mockflow.loading import replacing
from tests.support.control import Owner
from tests.support.server import Servers

pytestmark = pytest.mark.skipif(not replacing.IS_POSSIBLE, reason="this system cannot open relative to a folder")

FILE: Final = """\
# Two stories.
scenario: a
workflow_id: a   # keep me
--- # the second
scenario: "b"
workflow_id: b
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}   # and me
    - {at: 2s, state: COMPLETED}
"""


class Desk:
    """A folder of files, a server that may write them, and its owner."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.file = folder / "two.yaml"
        self.servers = servers

    async def open(self, *paths: Path, writes: bool = True) -> Owner:
        files = ScenarioFiles([str(path) for path in paths or (self.file.parent,)])
        assert not files.files.problems
        self.cluster = Cluster(Settings(mode="frozen"), files.loaded)
        self.cluster.texts = EditedFiles(self.cluster, files, writes=writes)
        self.owner = await Owner.of(await self.servers.of(self.cluster))
        return self.owner

    async def save(self, name: str, text: str, version: str | None = None) -> Any:
        version = version or (await self.owner.get(f"/scenarios/{name}"))["version"]
        return await self.owner.answer("PUT", f"/scenarios/{quote(name)}?write=true&version={version}", text)


@pytest.fixture
def desk(tmp_path: Path, servers: Servers) -> Desk:
    desk = Desk(tmp_path, servers)
    desk.file.write_bytes(FILE.encode())
    desk.file.chmod(0o640)
    return desk


async def test_what_was_edited_is_written_and_nothing_else(desk: Desk) -> None:
    owner = await desk.open()
    await desk.owner.server.status("b")
    found = await owner.get("/scenarios/b")
    assert (found["file"], found["line"], found["read_only"]) == (str(desk.file), 5, None)
    assert found["text"] == FILE.partition("second\n")[2]
    edited = found["text"].replace("at: 2s", "at: 3s")
    answer = await desk.save("b", edited, found["version"])
    assert answer.status == 200, answer.body
    assert desk.file.read_text() == FILE.replace("at: 2s", "at: 3s")
    assert desk.file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in desk.file.parent.iterdir()] == ["two.yaml"]  # no rest of the writing
    detail = await owner.get("/workflows/b")
    assert (detail["timeline"][1]["at_ms"], detail["begun"]) == (3000, True)  # the run goes on
    await owner.post("/reset", {})
    assert (await owner.get("/workflows/b"))["timeline"][1]["at_ms"] == 3000


async def test_a_scenario_may_get_another_name_and_others_beside_it(desk: Desk) -> None:
    owner = await desk.open()
    answer = await desk.save("a", "scenario: c\nworkflow_id: a\n---\nscenario: d\nworkflow_id: d")
    assert answer.status == 200, answer.body
    assert [one["scenario"] for one in (await owner.get("/scenarios"))["scenarios"]] == ["c", "d", "b"]
    assert desk.file.read_text().endswith(FILE.partition("a   # keep me\n")[2])
    assert (await owner.get("/scenarios/d"))["line"] == 4


async def test_a_file_that_changed_since_is_left_alone(desk: Desk) -> None:
    owner = await desk.open()
    version = (await owner.get("/scenarios/b"))["version"]
    theirs = FILE.replace("at: 2s", "at: 9s")
    desk.file.write_text(theirs)
    answer = await desk.save("b", "scenario: b\nworkflow_id: b\n", version)
    assert (answer.status, "changed on disk" in answer.body.decode()) == (409, True)
    assert desk.file.read_text() == theirs
    desk.file.unlink()
    assert (await desk.save("b", "scenario: b\nworkflow_id: b\n", version)).status == 409
    assert not desk.file.exists()


async def test_an_edit_in_memory_remembers_what_it_was_made_from(desk: Desk) -> None:
    """So it cannot replace what somebody else wrote meanwhile; and a file that is as before is in force again."""
    owner = await desk.open()
    found = await owner.get("/scenarios/b")
    tried = found["text"].replace("at: 2s", "at: 4s")
    await owner.put(f"/scenarios/b?version={found['version']}", tried)
    assert desk.file.read_text() == FILE
    assert (await owner.get("/workflows/b"))["timeline"][1]["at_ms"] == 4000
    again = await owner.get("/scenarios/b")
    assert (again["text"], again["version"]) == (tried, found["version"])
    assert (await desk.save("b", found["text"])).status == 200  # as the file has it
    assert (await owner.get("/workflows/b"))["timeline"][1]["at_ms"] == 2000
    await owner.put(f"/scenarios/b?version={found['version']}", tried)
    desk.file.write_text(FILE.replace("keep me", "kept"))
    assert (await desk.save("b", tried)).status == 409
    assert "kept" in desk.file.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenario: b\nworkflow_id: b\nprovison: {}\n", "provison"),
        ("scenario: [", "not YAML"),
        ("# nothing\n", "no scenario"),
        ("scenario: b\nworkflow_id: a\n", "two scenarios"),
        ("scenario: a\nworkflow_id: b\n", "two scenarios"),
        ("scenario: b\nworkflow_id: e\n", "belongs to scenario"),
    ],
)
async def test_what_has_errors_is_not_written(desk: Desk, text: str, told: str) -> None:
    owner = await desk.open()
    await owner.put("/scenarios", "scenario: elsewhere\nworkflow_id: e\n")
    answer = await desk.save("b", text)
    assert answer.status == 400
    assert told in answer.json["error"]["message"]
    assert desk.file.read_text() == FILE
    assert [one["scenario"] for one in (await owner.get("/scenarios"))["scenarios"]] == ["a", "b", "elsewhere"]


async def test_a_conflict_with_a_later_file_is_not_written(desk: Desk) -> None:
    """Its problem is told at the other file, whose claim is the older one."""
    later = desk.file.with_name("z.yaml")
    later.write_text("scenario: z\nworkflow_id: z\n")
    await desk.open()
    answer = await desk.save("b", "scenario: b\nworkflow_id: z\n")
    assert answer.status == 400, answer.body
    assert "two scenarios for workflow" in answer.json["error"]["message"]
    assert (desk.file.read_text(), later.read_text()) == (FILE, "scenario: z\nworkflow_id: z\n")


async def test_nothing_is_written_without_leave_or_through_a_link(desk: Desk, tmp_path: Path) -> None:
    text = "scenario: b\nworkflow_id: b\n"
    owner = await desk.open(writes=False)
    assert "--edit" in (await owner.get("/scenarios/b"))["read_only"]
    assert "--edit" in (await desk.save("b", text)).json["error"]["message"]
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(desk.file)
    for path in (folder, folder / "link.yaml"):
        await desk.open(path)
        answer = await desk.save("b", text)
        assert (answer.status, "link" in answer.json["error"]["message"]) == (403, True)
    (folder / "link.yaml").unlink()
    (folder / "below").symlink_to(desk.file.parent, target_is_directory=True)
    await desk.open(folder / "below" / "two.yaml")  # whoever started the server has named this path
    assert (await desk.save("b", text)).status == 200
    await desk.open(Path("@overloaded"))
    answer = await desk.save("overloaded", text)
    assert (answer.status, "ships" in answer.json["error"]["message"]) == (403, True)


def test_a_link_that_took_the_place_of_the_file_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other.txt"
    elsewhere.write_text(FILE)
    desk.file.unlink()
    desk.file.symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"."):
        replacing.replace(desk.file, b"new", replacing.version_of_bytes(FILE.encode()))
    assert elsewhere.read_text() == FILE
    assert {path.name for path in tmp_path.iterdir()} == {"other.txt", "two.yaml"}


async def test_line_ends_and_marks_stay(desk: Desk) -> None:
    desk.file.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    owner = await desk.open()
    text = (await owner.get("/scenarios/a"))["text"]
    assert (await desk.save("a", text.replace("\r\n", "\n").replace("keep", "kept"))).status == 200
    assert desk.file.read_bytes() == b"\xef\xbb\xbf" + FILE.replace("keep", "kept").replace("\n", "\r\n").encode()


async def test_a_body_file_beside_the_file_may_be_named(desk: Desk) -> None:
    (desk.file.parent / "body.json").write_text('{"a": 1}')
    text = "scenario: b\nstubs:\n  - {request: GET /x, respond: {body_file: body.json}}\n"
    owner = await desk.open()
    assert (await owner.post("/check?scenario=b", text))["problems"] == []
    assert "body_file" in (await owner.post("/check", text))["problems"][0]["message"]
    assert (await desk.save("b", text)).status == 200
    assert (await owner.server.ask("/x")).json == {"a": 1}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--edit"], "needs PATHS"),
        ([".", "--edit", "--no-control"], "exclude each other"),
        ([".", "--edit", "--host", "0.0.0.0", "--insecure-control"], "needs --control-token"),
        ([".", "--edit", "--control-port", "0", "--control-host", "0.0.0.0"], "--control-token"),
    ],
)
def test_who_may_edit(arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(main, ["serve", *arguments])
    assert done.exit_code == 2
    assert told in done.output


async def test_a_file_of_json_stays_one(desk: Desk) -> None:
    """A folder's .json file without the key is no scenario: what is YAML would be gone at the next start."""
    file = desk.file.with_name("j.json")
    file.write_text('{"scenario": "j", "workflow_id": "j"}')
    await desk.open()
    answer = await desk.save("j", "scenario: j\nworkflow_id: new\n")
    assert (answer.status, "is a file of JSON" in answer.error["message"]) == (400, True)
    assert file.read_text() == '{"scenario": "j", "workflow_id": "j"}'
    assert (await desk.save("j", '{"scenario": "j", "workflow_id": "new"}')).status == 200
    assert [one.name for one in ScenarioFiles([str(desk.file.parent)]).loaded] == ["j", "a", "b"]
