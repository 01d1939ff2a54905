"""Good scenarios: from files, folders and texts."""

import json
import os
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from mockflow.core.plugin.status import status_document
from mockflow.core.script.compiler import compile_run
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import Position
from mockflow.loading.load import Loading, load_paths, load_text
from mockflow.loading.regular_files import read_regular
from mockflow.loading.validation import validate
from mockflow.loading.yaml12 import read

SCENARIO = "scenario: {name}\nworkflow_id: id-of-{name}\n"


def write(folder: Path, *files: str) -> None:
    """Files, each with one scenario that is named like it."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(SCENARIO.format(name=Path(file).stem), "utf-8")


def names(loading: Loading) -> list[str]:
    assert [str(problem) for problem in loading.problems] == []
    return [located.scenario.scenario for located in loading.scenarios]


# -- files and folders -------------------------------------------------------------------------------


def test_a_folder_with_its_subfolders_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "a.yml", "deep/er/c.yaml", "deep/a2.yaml")
    assert names(load_paths([tmp_path])) == ["a", "b", "a2", "c"]


def test_what_is_hidden_or_no_yaml_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", ".b.yaml", ".hidden/c.yaml", "deep/.d/e.yaml", "f.json", "g.yaml.bak", "h")
    assert names(load_paths([tmp_path])) == ["a"]


def test_a_folder_in_a_hidden_one_may_be_named(tmp_path: Path) -> None:
    write(tmp_path, ".hidden/a.yaml")
    assert names(load_paths([tmp_path / ".hidden"])) == ["a"]


def test_a_folder_named_like_a_file(tmp_path: Path) -> None:
    write(tmp_path, "folder.yaml/a.yaml")
    assert names(load_paths([tmp_path])) == ["a"]


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "b", ".c.yaml")
    assert names(load_paths([tmp_path / "a.json", tmp_path / "b", tmp_path / ".c.yaml"])) == ["a", "b", ".c"]


def test_a_file_named_twice_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "deep/a.yaml")
    monkeypatch.chdir(tmp_path)
    assert names(load_paths(["deep/a.yaml", "deep", ".", tmp_path / "deep" / "a.yaml", "deep/../deep"])) == ["a"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_file_reached_by_links_is_one(tmp_path: Path) -> None:
    write(tmp_path, "here/a.yaml", "here/b.yaml")
    (tmp_path / "there").symlink_to(tmp_path / "here")
    (tmp_path / "here" / "c.yaml").symlink_to("a.yaml")
    (tmp_path / "linked.yaml").symlink_to(tmp_path / "there" / "b.yaml")
    paths = [
        tmp_path / "there" / "a.yaml",
        tmp_path / "linked.yaml",
        tmp_path / "here",
        tmp_path / "there" / ".." / "here",
    ]
    assert names(load_paths(paths)) == ["a", "b"]


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 200_000])
def test_a_file_of_any_length_is_read_whole(tmp_path: Path, size: int) -> None:
    content = SCENARIO.format(name="a").encode() + b"description: "
    (tmp_path / "a.yaml").write_bytes(content + b"x" * (size - len(content)))
    assert read_regular(tmp_path / "a.yaml") == (tmp_path / "a.yaml").read_bytes()
    assert read_regular(tmp_path / "a.yaml", size - 1) == (tmp_path / "a.yaml").read_bytes()[:-1]
    assert names(load_paths([tmp_path])) == ["a"]


def test_nothing_is_fine() -> None:
    assert names(load_paths([])) == []


def test_where_a_scenario_stands() -> None:
    loading = load_text("# first\nscenario: one\nworkflow_id: w1\n---\nworkflow_id: w2\nscenario: two\n", "f.yaml")
    assert [str(located.place) for located in loading.scenarios] == ["f.yaml:2:1", "f.yaml:5:1"]
    assert [str(located.keys["scenario"]) for located in loading.scenarios] == ["f.yaml:2:11", "f.yaml:6:11"]


# -- what is good beside what is not -----------------------------------------------------------------


def test_a_broken_document_does_not_hide_good_ones() -> None:
    text = "scenario: a\nworkflow_id: w1\n---\nscenario: b\n---\nscenario: c\nworkflow_id: w3\n"
    loading = load_text(text, "f.yaml")
    assert [located.scenario.scenario for located in loading.scenarios] == ["a", "c"]
    assert [str(problem.place) for problem in loading.errors] == ["f.yaml:4:1"]


def test_of_two_that_claim_the_same_the_first_is_kept() -> None:
    text = "scenario: a\nworkflow_id: w1\n---\nscenario: a\nworkflow_id: w2\n---\nscenario: c\nworkflow_id: w1\n"
    loading = load_text(text, "f.yaml")
    assert [located.scenario.workflow_id for located in loading.scenarios] == ["w1"]
    assert [problem.other and problem.other.line for problem in loading.errors] == [1, 2]


def test_a_broken_one_claims_nothing_for_good() -> None:
    text = "scenario: a\nworkflow_id: w1\nstarts: never\n---\nscenario: a\nworkflow_id: w1\n"
    loading = load_text(text, "f.yaml")
    assert len(loading.errors) == 3
    assert [str(located.place) for located in loading.scenarios] == ["f.yaml:5:1"]


def test_setting_aside_what_is_wrong_leaves_the_document_as_it_was() -> None:
    text = json.dumps({"scenario": "a", "provision": {"timeline": [{"at": 1, "created": [{}]}], "steps": {"": 1}}})
    (document,), _ = read(text, "f.yaml")
    assert len(validate(document)[1]) == 6
    assert document.value == json.loads(text)


@pytest.mark.parametrize("broken", ["scenario: [a]\nworkflow_id: 1\n", "starts: load\n"])
def test_what_is_missing_or_wrong_claims_nothing(broken: str) -> None:
    loading = load_text(f"{broken}---\n{broken}", "f.yaml")
    assert [problem.other for problem in loading.errors] == [None] * 4


# -- what a scenario may say -------------------------------------------------------------------------

# An answer of a real cluster with ?all=true, as it is pasted.
RESPONSE: dict[str, Any] = {
    "workflow_id": "w1",
    "error": "WorkflowStepException during step register_model_2, Failed to register remote model, "
    "restStatus: BAD_REQUEST",
    "state": "FAILED",
    "provisioning_progress": "FAILED",
    "provision_start_time": 1709580210834,
    "provision_end_time": 1709580249544,
    "user": {
        "name": "admin",
        "backend_roles": ["admin"],
        "roles": ["own_index", "all_access"],
        "custom_attribute_names": [],
        "user_requested_tenant": None,
    },
    "user_outputs": {"any": {"thing": [1, 2.5, None, True]}},
    "resources_created": [
        {
            "workflow_step_name": "create_connector",
            "workflow_step_id": "create_connector_1",
            "resource_type": "connector_id",
            "resource_id": "NdjCQYwBLmvn802B0IwE",
        },
        {
            "workflow_step_id": "step_of_a_later_version",
            "resource_id": "x",
            "resource_type": "y_id",
            "workflow_step_name": "z",
        },
    ],
    "tenant_id": "t",
    "all_shared_principals": ["user:a"],
}


FIRST: dict[str, Any] = {"at": "0s", "state": "PROVISIONING"}
HEAD = f"scenario: pasted\nworkflow_id: w1\nprovision:\n  timeline:\n    - {json.dumps(FIRST)}\n"
PASTED = {
    "key by key": HEAD + "    - at: 1s\n" + "".join(f"      {k}: {json.dumps(v)}\n" for k, v in RESPONSE.items()),
    "as an object": HEAD + "    -\n" + indent(json.dumps({"at": "1s", **RESPONSE}, indent=2), " " * 6),
    "in JSON": json.dumps(
        {"scenario": "pasted", "workflow_id": "w1", "provision": {"timeline": [FIRST, {"at": "1s", **RESPONSE}]}}
    ),
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED.keys())
def test_a_pasted_answer_is_a_snapshot_and_comes_back_as_it_was(text: str) -> None:
    loading = load_text(text, "pasted.yaml")

    assert [str(problem) for problem in loading.problems] == []
    (located,) = loading.scenarios
    assert located.scenario.provision
    keyframes = located.scenario.provision.timeline or ()
    timeline = compile_run(keyframes, scenario="pasted", workflow_id="w1")
    document = status_document("w1", Run(timeline, 0).fields(Position(0, 1)), show_all=True)
    assert json.loads(document.json) == RESPONSE


GOOD_TIMELINES = {
    "numbers of many forms": "- {at: 0}\n- {at: 1ms}\n- {at: 2 s}\n- {at: +0500ms}\n- {at: '+1m'}\n- {at: 36500d}",
    "zero as text": "- {at: '0', state: PROVISIONING}",
    "polls and times": "- {at_poll: 1}\n- {at: 1s}\n- {at: +1s}\n- {at_poll: 2}\n- {at: +1s}\n- {at_poll: 1000000}",
    "fields taken away": "- {at: 0s, error: null, user: ~, resources_created: null, tenant_id: }",
    "nothing new": "- {at: 0s, created: null}\n- {at: 1s, created: }",
    "empty lists": "- {at: 0s, resources_created: [], user_outputs: {}}\n- {at: 1s, created: []}",
    "a step of the plugin": "- {at: 0s, state: PROVISIONING, created: "
    "[{workflow_step_name: reindex, workflow_step_id: r}]}",
    "an unknown step with its type": "- {at: 0s, state: PROVISIONING, created: "
    "[{workflow_step_name: brew, workflow_step_id: b, resource_type: tea_id}]}",
    "two entries of one step": "- {at: 0s, state: PROVISIONING, created: [{workflow_step_name: register_remote_model, "
    "workflow_step_id: m}, {workflow_step_name: deploy_model, workflow_step_id: m}]}",
    "an alias": "- {at: 0s, state: PROVISIONING, created: [&r {workflow_step_name: reindex, workflow_step_id: r}]}\n"
    "- {at: 1s, resources_created: [*r]}",
    "its own workflow_id": "- {at: 0s, workflow_id: w1}",
    "an empty error": "- {at: 0s, state: PROVISIONING}\n- {at: 1s, state: FAILED, error: ''}",
    "failing twice with one error": "- {at: 0s, state: PROVISIONING, error: x}\n- {at: 1s, state: FAILED}",
}


@pytest.mark.parametrize("timeline", GOOD_TIMELINES.values(), ids=GOOD_TIMELINES.keys())
def test_good_timelines(timeline: str) -> None:
    indented = timeline.replace("\n", "\n    ")
    loading = load_text(f"scenario: s\nworkflow_id: w1\nprovision:\n  timeline:\n    {indented}\n", "f.yaml")
    assert [str(problem) for problem in loading.problems] == []
    assert len(loading.scenarios) == 1


@pytest.mark.parametrize("workflow_id", ["w", "with space/slash?&#%", "größe 😀", "null", "true", "0", '"', "_status"])
def test_any_text_is_a_workflow_id(workflow_id: str) -> None:
    loading = load_text(json.dumps({"scenario": "s", "workflow_id": workflow_id}), "f.yaml")
    assert loading.problems == []
    assert loading.scenarios[0].scenario.workflow_id == workflow_id
