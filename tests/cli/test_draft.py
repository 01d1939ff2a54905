"""`mockflow draft`: scenarios for templates of real users, without their secrets."""

import json
import os
import re
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from mockflow.cli.preview import preview_of
from mockflow.cluster import Settings
from mockflow.core.plugin.use_cases import expand, use_cases
from mockflow.core.scenario.model import Scenario
from mockflow.loading.load import load_text
from tests.support.paths import SHARED

REAL: Final = SHARED / "templates"
TEMPLATE: Final[dict[str, Any]] = {
    "name": "My: search",
    "description": "two\nlines",
    "workflows": {
        "provision": {
            "nodes": [
                {
                    "id": "last, but [first]",
                    "type": "register_remote_model",
                    "previous_node_inputs": {"connector": "connector_id"},
                    "user_inputs": {"name": "m", "deploy": True},
                },
                {
                    "id": "connector",
                    "type": "create_connector",
                    "user_inputs": {
                        "name": "c", "description": "", "version": "1", "protocol": "http", "parameters": {},
                        "credential": {"openAI_key": "sk-topsecret", "pin": 123},
                        "actions": [
                            {
                                "action_type": "PREDICT", "method": "POST", "url": "https://models.example.com",
                                "headers": {"Authorization": "Bearer topsecret-token"},
                            }
                        ],
                    },
                },
            ]
        }
    },
}  # fmt: skip


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(main, ["draft", *map(str, arguments)], prog_name="mockflow")


def written(folder: Path, content: Any, name: str = "template.json") -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return file


def good(text: str) -> Scenario:
    """The one scenario of a text that has no problem, warnings included."""
    loading = load_text(text, "draft")
    assert [str(problem) for problem in loading.problems] == []
    [located] = loading.scenarios
    return located.scenario


def test_steps_in_order_with_their_durations(tmp_path: Path) -> None:
    done = invoke(written(tmp_path, TEMPLATE))
    assert done.exit_code == 0
    scenario = good(done.stdout)
    assert scenario.scenario == "my-search"
    assert scenario.description == "two\nlines"
    assert scenario.provision
    assert {name: plan.takes for name, plan in scenario.provision.steps.items()} == {
        "connector": "500ms",
        "last, but [first]": "7s",  # it deploys, too
    }
    assert list(scenario.provision.steps) == ["connector", "last, but [first]"]
    assert "register_remote_model, after connector" in done.stdout


def test_it_runs_to_completed(tmp_path: Path) -> None:
    [run] = preview_of(good(invoke(written(tmp_path, TEMPLATE)).stdout), Settings(mode="frozen")).runs
    assert [(moment["at_ms"], moment["status"]["state"]) for moment in run.moments] == [
        (0, "PROVISIONING"),
        (500, "PROVISIONING"),
        (7500, "COMPLETED"),
    ]


def test_what_the_comments_offer_works(tmp_path: Path) -> None:
    text = invoke(written(tmp_path, TEMPLATE)).stdout
    edited = re.sub(r"^( *)# (fails:|deprovision:|  attempts:|    - )", r"\1\2", text, flags=re.MULTILINE)
    assert edited.count("#") < text.count("#") - 4
    first, *deprovisions = preview_of(good(edited), Settings(mode="frozen")).runs
    assert first.moments[-1]["status"]["state"] == "FAILED"
    assert len(deprovisions) == 2


def test_for_workflows_of_clients(tmp_path: Path) -> None:
    text = invoke(written(tmp_path, TEMPLATE), "--match").stdout
    scenario = good(text)
    assert scenario.match
    assert scenario.match.name == "My: search"
    assert (scenario.template, scenario.workflow_id) == (None, None)


def test_secrets_stay_at_home(tmp_path: Path) -> None:
    text = invoke(written(tmp_path, TEMPLATE)).stdout
    assert "topsecret" not in text
    assert "123" not in text
    template = good(text).template
    assert template
    inputs = template["workflows"]["provision"]["nodes"][1]["user_inputs"]
    assert inputs["credential"] == {"openAI_key": "(hidden)", "pin": "(hidden)"}
    assert [action["headers"] for action in inputs["actions"]] == [{"Authorization": "(hidden)"}]


def real_templates() -> list[Path]:
    return sorted(file for file in REAL.glob("*") if file.suffix in (".json", ".yml"))


@pytest.mark.skipif(not REAL.is_dir(), reason="the templates of real users are not beside this checkout")
@pytest.mark.parametrize("options", [[], ["--match"]], ids=["own", "match"])
def test_templates_of_real_users(options: list[str]) -> None:
    assert real_templates()
    for file in real_templates():
        done = invoke(file, *options)
        assert done.exit_code == 0, done.output
        scenario = good(done.stdout)
        assert not re.search(r"PUT_YOUR_\w*(KEY|TOKEN)", done.stdout)
        if not options:
            [run] = preview_of(scenario, Settings(mode="frozen")).runs
            assert run.moments[-1]["status"]["state"] == "COMPLETED"


# Failing where only what they require is given.
_UNNAMED: Final = ("open_ai_embedding_model_deploy", "openai_chat_model_deploy")
_FAILING: Final = ("semantic_search_with_reindex",)


@pytest.mark.parametrize("name", _UNNAMED)
def test_a_use_case_without_a_name_for_its_model(name: str, tmp_path: Path) -> None:
    content = expand(name, dict.fromkeys(use_cases()[name]["required"], "topsecret"))
    done = invoke(written(tmp_path, content))
    assert done.exit_code == 0
    assert "warning: nothing fills in ${{ register_remote_model.name }}" in done.stderr
    [run] = preview_of(good(done.stdout), Settings(mode="frozen")).runs
    assert "Model name can only contain letters" in run.moments[-1]["status"]["error"]


def test_what_a_template_needs_is_told(tmp_path: Path) -> None:
    name = "semantic_search_with_reindex"
    done = invoke(written(tmp_path, expand(name, dict.fromkeys(use_cases()[name]["required"], "topsecret"))))
    assert done.exit_code == 0
    assert re.search(r'template\.json:1:\d+: warning: step "reindex" needs the index "topsecret"; no step', done.stderr)
    [run] = preview_of(good(done.stdout), Settings(mode="frozen")).runs
    assert run.moments[-1]["status"]["state"] == "FAILED"


@pytest.mark.parametrize("name", [name for name in use_cases() if name not in (*_UNNAMED, *_FAILING)])
def test_templates_of_the_plugins_use_cases(name: str, tmp_path: Path) -> None:
    content = expand(name, dict.fromkeys(use_cases()[name]["required"], "topsecret"))
    done = invoke(written(tmp_path, content))
    assert done.exit_code == 0, done.output
    [run] = preview_of(good(done.stdout), Settings(mode="frozen")).runs
    assert run.moments[-1]["status"]["state"] == "COMPLETED"


def test_yaml_as_well(tmp_path: Path) -> None:
    text = "# why\nname: y\nworkflows: {provision: {nodes: [{id: n, type: noop}]}}\n"
    assert good(invoke(written(tmp_path, text, "template.yml")).stdout).scenario == "y"


def test_flow_style_yaml_is_no_json(tmp_path: Path) -> None:
    text = "{name: y, workflows: {provision: {nodes: [{id: n, type: noop}]}}}"
    assert good(invoke(written(tmp_path, text, "template.yaml")).stdout).scenario == "y"
    assert "this is not JSON" in invoke(written(tmp_path, text, "template.json")).output


def test_into_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    template, output = written(tmp_path, TEMPLATE), tmp_path / "out.yaml"
    done = invoke(template, "-o", output)
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"mockflow show {output}" in done.stderr
    before = output.read_bytes()
    assert good(before.decode()).scenario == "my-search"
    done = invoke(template, "-o", output, "--match")
    assert done.exit_code == 1
    assert f"Error: {output} exists already; choose another file, or remove it first\n" in done.output
    assert output.read_bytes() == before
    assert invoke(template, "-o", tmp_path / "missing" / "out.yaml").exit_code == 1


def node(**fields: Any) -> dict[str, Any]:
    return {"name": "x", "workflows": {"provision": {"nodes": [{"id": "n", "type": "noop", **fields}]}}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "0 YAML documents; a template is one"),
        ("[]", "this is not a workflow template"),
        ('{"name": "x",}', ":1:14: this is not JSON: "),
        ('{"name": NaN}', "this is not JSON: it has NaN"),
        ("a: [", "template.json:1:5: "),
        ("a: 1\n---\nb: 2\n", "2 YAML documents; a template is one"),
        ({"name": "x"}, "no workflow to provision; write workflows: {provision: ...}"),
        ({"workflows": {}}, "the plugin would refuse this template: A template object requires a name."),
        ({"name": ["x"]}, "it has a list where text belongs; ids and names"),
        (node(typ="noop"), "Unable to parse field [typ] in a node object."),
        (node(type="magic"), "Workflow step type [magic] is not implemented."),
        (node(type="delete_index"), "The step type [delete_index] for node [n] can not be used in a workflow."),
        (node(type="create_index"), "node [n] missing the following required inputs : [index_name, configurations]"),
        (node(previous_node_inputs={"m": "x"}), "Edge source m does not correspond to a node."),
        (node(user_inputs={"node_timeout": "soon"}), "Workflow validation failed for template"),
    ],
)  # fmt: skip
def test_what_the_plugin_would_refuse(tmp_path: Path, content: Any, told: str) -> None:
    file = written(tmp_path, content)
    done = invoke(file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert str(file) in done.stderr
    assert told in done.stderr


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert f"Error: {tmp_path / 'no.json'}: no such file\n" in invoke(tmp_path / "no.json").output
    assert "cannot be read: Is a directory" in invoke(tmp_path).output
    binary = tmp_path / "binary.json"
    binary.write_bytes(b'{"name": "\xff"}')
    assert "the file is not UTF-8 text" in invoke(binary).output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = written(tmp_path, TEMPLATE)
    file.chmod(0)
    assert "cannot be read: Permission denied" in invoke(file).output


def test_help_has_an_example() -> None:
    assert "mockflow draft template.json -o scenarios/template.yaml" in invoke("--help").output
