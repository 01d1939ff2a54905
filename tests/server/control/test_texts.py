"""The text of a scenario: read, checked and replaced through the control API."""

from typing import Final

from tests.support.control import Owner
from tests.support.server import Server

TWO: Final = """\
# about a
scenario: a   # its name
workflow_id: a
---   # the next one
# about b
scenario: b
workflow_id: b
"""


async def test_the_text_is_the_document_as_it_was_loaded(owner: Owner) -> None:
    await owner.put("/scenarios", TWO)
    a, b = await owner.get("/scenarios/a"), await owner.get("/scenarios/b")
    assert a["text"] == "# about a\nscenario: a   # its name\nworkflow_id: a\n"
    assert b["text"] == "# about b\nscenario: b\nworkflow_id: b\n"
    assert (a["file"], a["version"], a["is_made"]) == (None, None, False)
    assert "no file" in a["read_only"]


async def test_a_text_that_is_nowhere_is_made(owner: Owner) -> None:
    made = await owner.get("/scenarios/story")
    assert made["is_made"]
    await owner.put("/scenarios/story", made["text"])
    assert (await owner.get("/scenarios/story"))["text"] == made["text"]
    assert (await owner.get("/workflows/w"))["timeline"][1]["at_ms"] == 2000


async def test_a_check_loads_nothing(server: Server, owner: Owner) -> None:
    told = await owner.post("/check?source=x.yaml", "scenario: n\nworkflow_id: n\nprovison: {}\n")
    assert told["scenarios"] == []
    (problem,) = told["problems"]
    assert (problem["file"], problem["line"], problem["severity"]) == ("x.yaml", 3, "error")
    assert "provision" in problem["hint"]
    assert (await owner.post("/check", TWO)) == {"scenarios": ["a", "b"], "problems": []}
    assert len((await owner.get("/scenarios"))["scenarios"]) == 1
    assert (await server.status("n")).status == 404


async def test_it_is_replaced_under_another_name_or_not_at_all(server: Server, owner: Owner) -> None:
    renamed = "scenario: renamed\nworkflow_id: w\n"
    assert "belongs to scenario" in await owner.refused(409, "PUT", "/scenarios", renamed)
    assert "unknown" in await owner.refused(400, "PUT", "/scenarios/story", "scenario: story\nnope: 1\n")
    assert [one["scenario"] for one in (await owner.get("/scenarios"))["scenarios"]] == ["story"]
    await owner.put("/scenarios/story", renamed)
    assert [one["scenario"] for one in (await owner.get("/scenarios"))["scenarios"]] == ["renamed"]
    assert (await server.status()).json["state"] == "NOT_STARTED"
    assert "nope" in await owner.refused(404, "PUT", "/scenarios/nope", renamed)


async def test_without_a_file_nothing_is_written(owner: Owner) -> None:
    text = "scenario: story\nworkflow_id: w\n"
    assert "no file" in await owner.refused(403, "PUT", "/scenarios/story?write=true&version=1", text)
    assert "neither" in await owner.refused(400, "PUT", "/scenarios/story?write=yes", text)
