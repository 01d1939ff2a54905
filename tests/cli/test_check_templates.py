"""`mockflow check` of workflow templates: what create refuses and which steps would fail, each with its place."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from mockflow.cli import main
from tests.support.paths import ROOT

START: Final = "name: t\nworkflows:\n  provision:\n    nodes:\n"
INDEX: Final = "      - {id: i, type: create_index, user_inputs: {index_name: books, configurations: %s}}\n"
GROUP: Final = "      - {id: g, type: register_model_group, user_inputs: {name: %s}}\n"
CONNECTOR: Final = """\
      - id: c
        type: create_connector
        user_inputs:
          name: c
          description: d
          version: "1"
          protocol: %s
          parameters: {}
          credential: {key: secret}
          actions: [{action_type: predict, method: POST, url: "%s"}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner(env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None}).invoke(main, ["check", *arguments])


def lines_of(text: str, *options: str, name: str = "t.yml") -> list[str]:
    """What is told of one template, without the file's name and the count at the end."""
    Path(name).write_text(text, "utf-8")
    result = check(name, *options)
    *lines, count = result.stdout.splitlines()
    bad = any("warning: " not in line for line in lines)
    assert (result.exit_code, count.startswith("0 good")) == (int(bad), bad)
    return [line.removeprefix(f"{name}:") for line in lines]


GOOD: Final = {
    "an index": START + INDEX % "{settings: {number_of_shards: 1}}",
    "as text": START + INDEX % '\'{"settings": {"number_of_shards": 1}}\'',
    "a group": START + GROUP % "models",
    "a connector": START + CONNECTOR % ("http", "https://models.example.com/v1"),
    "an update": START + INDEX % "{}" + "      - {id: u, type: update_index, previous_node_inputs: {i: index_name},"
    " user_inputs: {configurations: {settings: {number_of_replicas: 0}}}}\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_good_templates(text: str) -> None:
    assert lines_of(text) == []


REFUSED: Final = "the plugin would refuse this template: "
BAD: Final = {
    "an index": (
        START + INDEX % "{settings: {number_of_shards: 0}}",
        '5:70: step "i" would fail: WorkflowStepException during step i, Failed to parse value [0] for setting '
        "[index.number_of_shards] must be >= 1, restStatus: BAD_REQUEST",
    ),
    "as text": (
        START + INDEX % "'no JSON'",
        '5:70: step "i" would fail: WorkflowStepException during step i, Failed to create the index books, _doc is not '
        "permitted in mapping, restStatus: BAD_REQUEST; configurations is a JSON object with settings, mappings and "
        "aliases only",
    ),
    "a group": (
        START + GROUP % '"a<b>"',
        '5:59: step "g" would fail: WorkflowStepException during step g, Validation Failed: 1: Model group name can '
        "only contain letters, numbers, spaces, and basic punctuation (.,!?():@-_'/\");, restStatus: BAD_REQUEST; use "
        "letters, digits, spaces and . , ! ? ( ) : @ - _ / ' \"",
    ),
    "a connector": (
        START + CONNECTOR % ("http", "http://localhost/v1"),
        '14:11: step "c" would fail: IllegalArgumentException during step c, restStatus: BAD_REQUEST; Connector URL is '
        "not matching the trusted connector endpoint regex, URL is: http://localhost/v1; "
        "plugins.ml_commons.trusted_connector_endpoints_regex of the cluster says which URLs are trusted",
    ),
    "missing inputs": (
        START + "      - {id: i, type: create_index, user_inputs: {index_name: books}}\n",
        f"5:9: {REFUSED}Invalid workflow, node [i] missing the following required inputs : [configurations]; write "
        "them, or take them from an earlier node with previous_node_inputs",
    ),
    "an unknown field": (
        "name: t\ntype: x\n" + START.removeprefix("name: t\n") + INDEX % "{}",
        f"2:1: {REFUSED}Unable to parse field [type] in a template object.",
    ),
    "an unknown step": (
        START + "      - {id: i, type: creat_index}\n",
        f"5:17: {REFUSED}Workflow step type [creat_index] is not implemented.; did you mean create_index?",
    ),
    "no name": (
        START.removeprefix("name: t\n") + INDEX % "{}",
        f"1:1: {REFUSED}A template object requires a name.; write name: <text>",
    ),
    "the same node twice": (
        START + INDEX % "{}" + INDEX % "{}",
        f"6:10: {REFUSED}Duplicate node id i.",
    ),
    "an edge to nowhere": (
        START + INDEX % "{}" + "    edges: [{source: i, dest: j}]\n",
        f"6:13: {REFUSED}Edge destination j does not correspond to a node.",
    ),
    "a time-out that is no time": (
        START + "      - {id: n, type: noop, user_inputs: {node_timeout: soon}}\n",
        f"5:43: {REFUSED}Workflow validation failed for template t; Failed to parse timeout value [soon] for field "
        "[n.user_inputs.node_timeout]. Must be positive",
    ),
    "text in a list's place": (
        "name: t\nworkflows: {provision: {nodes: none}}\n",
        f"2:25: {REFUSED}IOException: template content invalid for specified Content-Type.; it has text where a list "
        "belongs; ids and names are text, versions like 1.0.0, nodes and edges lists, workflows and inputs mappings",
    ),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_bad_templates(text: str, line: str) -> None:
    assert lines_of(text) == [line]


def test_every_problem_at_once() -> None:
    """A step is checked as if those before it had succeeded."""
    text = START + INDEX % "x" + GROUP % '"#"' + CONNECTOR % ("nope", "https://x") + "        more: 1\n"
    after = "previous_node_inputs: {c: connector_id}"
    model = f"      - {{id: m, type: register_remote_model, {after}, user_inputs: {{name: m}}}}\n"
    deploy = "      - {id: d, type: deploy_model, previous_node_inputs: {m: model_id}, user_inputs: {deploy: maybe}}\n"
    agent = (
        "      - {id: a, type: register_agent, previous_node_inputs: {m: model_id}, user_inputs: {name: a, type: x}}\n"
    )
    found = lines_of(text + model + deploy + agent)
    assert [line.split(":")[0] for line in found] == ["5", "6", "13", "17", "20"]
    assert ["would fail" in line for line in found] == [True, True, True, False, True]


def test_of_another_release() -> None:
    text = START + GROUP % '"a<b>"' + INDEX % "{settings: {number_of_shards: 0}}"
    first, second = lines_of(text, "--opensearch-version", "3.8.0")
    assert "Model group name [node g]" in first
    assert ("refuse" in first, "WorkflowStepException during step i, Failed" in second) == (True, True)
    (only,) = lines_of(text, "--opensearch-version", "2.19.6")
    assert 'step "i" would fail: Failed to parse value [0]' in only
    assert check("t.yml", "--opensearch-version", "1.0.0").exit_code == 2


def test_placeholders_that_nothing_fills_in_are_warnings() -> None:
    text = START + INDEX % "{settings: {number_of_shards: '${{ shards }}'}}"
    warning = "warning: nothing fills in ${{ shards }}; give it with --param shards=value"
    assert lines_of(text) == [f"5:70: {warning}; a program sends it with the provision"]
    assert lines_of(text, "--param", "shards=2") == []
    (line,) = lines_of(text, "--param", "shards=0", "--param", "other=x")
    assert "Failed to parse value [0]" in line
    for wrong in ("shards", "=2"):
        assert f'"{wrong}" is not name=value' in check("t.yml", "--param", wrong).stderr


def test_an_output_of_a_node_that_is_not_waited_for() -> None:
    index = INDEX % "{settings: {default_pipeline: '${{p.pipeline_id}}'}}"
    pipeline = "      - {id: p, type: create_search_pipeline, user_inputs: {pipeline_id: p, configurations: {}}}\n"
    (line,) = lines_of(START + pipeline + index)
    assert line.endswith(
        "nothing fills in ${{ p.pipeline_id }}; name the node in previous_node_inputs: {p: pipeline_id}"
    )
    assert (
        lines_of(START + pipeline + index.replace("user_inputs", "previous_node_inputs: {p: pipeline_id}, user_inputs"))
        == []
    )


def test_placeholders_that_are_never_replaced() -> None:
    hidden = CONNECTOR % ("http", "${{ url }}")
    (line,) = lines_of(START + hidden, "--param", "url=https://a.example.com")
    assert line.endswith(
        "nothing fills in ${{ url }}; write the value: placeholders in arrays and in keys are not replaced"
    )
    index = INDEX % "{settings: {default_pipeline: '${{my-p.pipeline_id}}'}}"
    after = index.replace("user_inputs", "previous_node_inputs: {my-p: pipeline_id}, user_inputs")
    pipeline = "      - {id: my-p, type: create_search_pipeline, user_inputs: {pipeline_id: p, configurations: {}}}\n"
    (line,) = lines_of(START + pipeline + after)
    assert line.endswith("give the node an id of letters, digits and _: the outputs of others are not found")


def test_what_has_to_be_in_the_cluster_is_a_warning() -> None:
    text = START + "      - {id: m, type: register_remote_model, user_inputs: {name: m, connector_id: elsewhere}}\n"
    assert lines_of(text) == [
        '5:69: warning: step "m" needs the connector "elsewhere"; '
        "no step before it makes it; it has to be in the cluster"
    ]


def test_json_with_tabs() -> None:
    content: Any = {"name": "t", "workflows": {"provision": {"nodes": [{"id": "n", "type": "noop"}]}}}
    assert lines_of(json.dumps(content, indent="\t"), name="t.json") == []
    content["workflows"]["provision"]["nodes"][0]["user_inputs"] = {"delay": "soon"}
    (line,) = lines_of(json.dumps(content, indent="\t"), name="t.json")
    assert line.startswith('10:7: step "n" would fail')
    assert line.endswith("write a number with a unit, such as 3s")
    (line,) = lines_of(json.dumps(content)[:-1], name="t.json")
    assert "this is not JSON" in line


def test_beside_scenarios() -> None:
    Path("t.yaml").write_text(START + INDEX % "{}")
    Path("s.yaml").write_text("scenario: s\nworkflow_id: w\n")
    result = check(".")
    assert (result.exit_code, result.stdout) == (0, "1 good scenario, 1 good template, 0 errors, 0 warnings\n")
    report = json.loads(check(".", "--format", "json").stdout)
    assert report == {"scenarios": ["s"], "templates": ["t.yaml"], "problems": []}


def test_the_template_of_a_scenario() -> None:
    template = json.dumps({"name": "t", "workflows": {"provision": {"nodes": [
        {"id": "i", "type": "create_index", "user_inputs": {"index_name": "Books", "configurations": {}}}
    ]}}})  # fmt: skip
    told = 'step "i" would fail: WorkflowStepException during step i, Invalid index name [Books], must be lowercase'
    for more, warns in (
        ("", True),
        ("provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1s, state: COMPLETED}]}\n", True),
        ("provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1s, state: FAILED, error: e}]}\n", False),
        ("provision: {steps: {i: {takes: 3s}}}\n", True),
        ("provision: {steps: {create_index: {fails: timeout}}}\n", False),
        ("trust_inputs: true\n", False),
    ):
        Path("s.yaml").write_text(f"scenario: s\nworkflow_id: w\ntemplate: {template}\n{more}")
        result = check("s.yaml")
        assert (result.exit_code, told in result.stdout) == (0, warns), more


def test_templates_of_the_project() -> None:
    files = [*(ROOT / "tests" / "templates").iterdir(), ROOT / "examples" / "python" / "template.json"]
    result = check(*map(str, files))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith(f"{len(files)} good templates, 0 errors")
