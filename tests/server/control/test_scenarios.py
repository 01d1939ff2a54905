"""The owner's scenarios: list, load and replace, remove (control API)."""

import json
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.support.control import Owner
from tests.support.server import NOT_STARTED

STORY_VIEW: Final = {"scenario": "story", "description": None, "workflow_id": "w", "source": "test.yaml:2:1"}
SCRIPT: Final = {
    "scenario": "sent",
    "description": "By JSON: ü 😀",
    "workflow_id": "s",
    "provision": {"timeline": [{"at": 0, "state": "PROVISIONING", "error": 'tab\there \U0001f600 \\ " / end'}]},
}


async def names(owner: Owner) -> list[str]:
    return [scenario["scenario"] for scenario in (await owner.get("/scenarios"))["scenarios"]]


# -- loading -------------------------------------------------------------------------------------------


async def test_list(owner: Owner) -> None:
    assert await owner.get("/scenarios") == {"scenarios": [STORY_VIEW], "problems": []}


async def test_yaml(owner: Owner) -> None:
    loaded = await owner.put("/scenarios", "# a comment\nscenario: y\ndescription: größer\nworkflow_id: y\n")
    view = {"scenario": "y", "description": "größer", "workflow_id": "y", "source": "request:2:1"}
    assert loaded == {"loaded": [view], "problems": []}
    assert (await owner.get("/scenarios"))["scenarios"] == [STORY_VIEW, view]
    assert (await owner.server.status("y")).json == {"workflow_id": "y", "state": "NOT_STARTED"}


@pytest.mark.parametrize(
    "dump",
    [
        lambda value: json.dumps(value),
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: json.dumps(value, indent=2),
        lambda value: json.dumps(value, indent="\t"),
        lambda value: json.dumps(value, separators=(",", ":")),
        lambda value: json.dumps(value).replace(" / ", " \\/ "),
        lambda value: "\n \n" + json.dumps(value),
    ],
    ids=["escaped", "plain", "indented", "indented by tabs", "compact", "escaped slash", "after blank lines"],
)
async def test_json(owner: Owner, dump: Any) -> None:
    loaded = await owner.put("/scenarios", dump(SCRIPT))
    assert loaded["loaded"][0]["description"] == SCRIPT["description"]
    assert (await owner.server.status("s")).json == {
        "workflow_id": "s",
        "error": 'tab\there \U0001f600 \\ " / end',
        "state": "PROVISIONING",
    }


async def test_several_documents(owner: Owner) -> None:
    text = "\n---\n".join(f"scenario: s{n}\nworkflow_id: w{n}" for n in range(3))
    loaded = await owner.put("/scenarios?source=three.yaml", text)
    assert [view["source"] for view in loaded["loaded"]] == ["three.yaml:1:1", "three.yaml:4:1", "three.yaml:7:1"]
    assert await names(owner) == ["story", "s0", "s1", "s2"]


async def test_the_source_may_be_any_text(owner: Owner) -> None:
    source = "ordner/größe & mehr#1.yaml"
    loaded = await owner.put(f"/scenarios?source={quote(source)}", "scenario: q\nworkflow_id: q")
    assert loaded["loaded"][0]["source"] == f"{source}:1:1"


async def test_one_of_the_same_name_is_replaced_and_its_run_begins_anew(owner: Owner) -> None:
    await owner.server.status()
    await owner.clock(advance="6s")
    await owner.put("/scenarios", "scenario: story\nworkflow_id: w\ndescription: new")
    assert [view["description"] for view in (await owner.get("/scenarios"))["scenarios"]] == ["new"]
    assert (await owner.server.status()).json == NOT_STARTED


async def test_a_replaced_one_may_bring_another_workflow(owner: Owner) -> None:
    await owner.put("/scenarios", "scenario: story\nworkflow_id: other")
    assert (await owner.server.status()).status == 404
    assert (await owner.server.status("other")).status == 200


async def test_two_may_swap_their_workflows(owner: Owner) -> None:
    await owner.put("/scenarios", "scenario: other\nworkflow_id: o")
    await owner.put("/scenarios", "scenario: other\nworkflow_id: w\n---\nscenario: story\nworkflow_id: o")
    assert {view["scenario"]: view["workflow_id"] for view in await owner.get("/workflows")} == {
        "other": "w",
        "story": "o",
    }
    for name in ("story", "other"):
        await owner.delete(f"/scenarios/{name}")
    assert await owner.get("/workflows") == []


async def test_one_that_starts_when_it_is_loaded(owner: Owner) -> None:
    await owner.clock(advance="1h")
    script = "{scenario: l, workflow_id: l, starts: load, provision: {timeline: [{at: 2s, state: COMPLETED}]}}"
    await owner.put("/scenarios", script)
    await owner.clock(advance="2s")
    assert (await owner.server.status("l")).json["state"] == "COMPLETED"


async def test_warnings_are_told_and_the_scenario_is_loaded(owner: Owner) -> None:
    script = "scenario: odd\nworkflow_id: o\nprovision:\n  timeline:\n    - at: 0s\n      state: COMPLETED\n"
    loaded = await owner.put("/scenarios", script)
    (problem,) = loaded["problems"]
    assert (problem["severity"], problem["line"], problem["file"]) == ("warning", 6, "request")
    assert await names(owner) == ["story", "odd"]


# -- problems load nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "request: "),
        ("# nothing", "request: "),
        ("scenaro: x\nworkflow_id: x", "did you mean scenario?"),
        ("scenario: x\nworkflow_id: 5", 'quote it: "5"'),
        ("scenario: x\nworkflow_id: 5", "request:2:14: "),
        ("a: [", "request:1:5: not YAML: "),
        ("!!python/object:os.system x", "request:1:1: "),
        ("[]", "request:1:1: "),
        ("[{scenario: x, workflow_id: x}]", "request:1:1: "),
        ("\x00", "request:1:1: "),
        (b"scenario: \xff", "request:1:11: "),
        ('{"scenario": "x", "workflow_id": "x", "scenario": "y"}', "request:1:39: "),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_problems(owner: Owner, text: str | bytes, told: str) -> None:
    answer = await owner.answer("PUT", "/scenarios", text)
    assert answer.status == 400
    error = answer.json["error"]
    assert told in error["message"]
    assert len(error["problems"]) == len(error["message"].splitlines())
    assert all(set(problem) >= {"file", "line", "column", "message"} for problem in error["problems"])
    assert await names(owner) == ["story"]


async def test_one_bad_document_loads_none_of_them(owner: Owner) -> None:
    text = "scenario: good\nworkflow_id: g\n---\nscenario: bad\nworkflow: b\ndescripton: x\n"
    message = await owner.refused(400, "PUT", "/scenarios?source=two.yaml", text)
    assert message.splitlines() == [
        'two.yaml:5:1: unknown key "workflow"; did you mean workflow_id?',
        'two.yaml:6:1: unknown key "descripton"; did you mean description?',
    ]
    assert await names(owner) == ["story"]


async def test_a_workflow_that_another_scenario_has(owner: Owner) -> None:
    message = await owner.refused(
        409, "PUT", "/scenarios", "scenario: new\nworkflow_id: n\n---\nscenario: x\nworkflow_id: w"
    )
    assert message == (
        'workflow_id "w" of scenario "x" belongs to scenario "story" (test.yaml:2:1) already; '
        "choose another, or remove that one first"
    )
    assert await names(owner) == ["story"]


async def test_half_a_character_of_json_is_a_problem_with_its_place(owner: Owner) -> None:
    message = await owner.refused(400, "PUT", "/scenarios", '{"scenario": "\\ud83d", "workflow_id": "x"}')
    assert message.startswith("request:1:")


async def test_a_parameter_that_is_not_known(owner: Owner) -> None:
    message = await owner.refused(400, "PUT", "/scenarios?sorce=x", "scenario: x\nworkflow_id: x")
    assert message == "unknown parameter sorce; known here: source"


# -- removing ------------------------------------------------------------------------------------------


async def test_remove(owner: Owner) -> None:
    assert await owner.delete("/scenarios/story") == STORY_VIEW
    assert (await owner.get("/scenarios"))["scenarios"] == []
    assert await owner.get("/workflows") == []
    assert (await owner.server.status()).status == 404
    assert await owner.refused(404, "DELETE", "/scenarios/story") == (
        'no scenario "story"; GET /_mockflow/scenarios lists them'
    )


@pytest.mark.parametrize("name", ["größe", "a/b", "a b", "100%", "+", "😀"])
async def test_names_of_any_letters(owner: Owner, name: str) -> None:
    await owner.put("/scenarios", json.dumps({"scenario": name, "workflow_id": name}))
    removed = await owner.delete(f"/scenarios/{quote(name, safe='')}")
    assert removed["scenario"] == name


async def test_a_removed_workflow_is_free_again(owner: Owner) -> None:
    await owner.delete("/scenarios/story")
    await owner.put("/scenarios", "scenario: x\nworkflow_id: w")
    assert (await owner.server.status()).json == NOT_STARTED
