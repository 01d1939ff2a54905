"""`mockflow show`: what a reader sees on terminals of every kind."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from tests.support.paths import SCENARIOS
from tests.support.processes import run

FAILING: Final = """\
scenario: two-attempts
match: {name: mine}
provision:
  attempts:
    - steps: {register_remote_model: {takes: 30s, fails: {status: REQUEST_TIMEOUT, message: too slow}}}
    - step_time: 500ms
"""
TEMPLATE: Final = """\
name: mine
workflows:
  provision:
    nodes:
      - {id: first, type: create_search_pipeline, user_inputs: {pipeline_id: p, configurations: {}}}
      - id: second
        type: register_remote_model
        previous_node_inputs: {first: pipeline_id}
        user_inputs: {name: m, connector_id: c}
"""


def invoke(*arguments: str | Path, **options: Any) -> Any:
    return CliRunner().invoke(main, ["show", *map(str, arguments)], prog_name="mockflow", **options)


def drawn(text: str, tmp_path: Path, *options: str | Path) -> str:
    file = tmp_path / "scenario.yaml"
    file.write_text(text, "utf-8")
    done = invoke(file, *options)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_documentations_example() -> None:
    done = run("show", SCENARIOS / "docs-example.yaml", env={"COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "docs-example  workflow 8xL8bowB8y25Tqfenm50",
        "The three answers of the public documentation page, over six seconds.",
        "",
        "provision: begins with the first status call",
        " ▏NOT_STARTED ·········▏PROVISIONING ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏COMPLETED █",
        " ╵                     ◆                                           ◆",
        " 0s                    2s                                          6s",
        "",
        " 0s  NOT_STARTED",
        " 2s  PROVISIONING  ◆ create_connector_1  connector_id NdjCQYwBLmvn802B0IwE",
        " 6s  COMPLETED     ◆ register_model_2  model_id N9jCQYwBLmvn802B0oyh",
        "",
    ]


@pytest.mark.parametrize(
    ("columns", "encoding"), [(20, "utf-8"), (40, "latin-1"), (80, "utf-8"), (20, "ascii"), (200, "utf-8")]
)
def test_every_shipped_scenario_fits_every_terminal(columns: int, encoding: str) -> None:
    done = run("show", SCENARIOS, env={"COLUMNS": str(columns), "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= columns
    assert encoding == "utf-8" or done.stdout.isascii()
    assert "\x1b" not in done.stdout


def test_ascii_where_the_encoding_has_no_blocks() -> None:
    done = run("show", SCENARIOS / "flapping-state.yaml", env={"COLUMNS": "80", "PYTHONIOENCODING": "ascii"})
    assert " |PROVISIONING =|COMPLETED #|PROVISIONING =|FAILED xx|NOT_STARTED .|COMPLETED #" in done.stdout
    assert "+ register_model_2" in done.stdout
    assert "- register_model_2" in done.stdout


@pytest.mark.parametrize(
    ("env", "has_colours"),
    [
        ({"FORCE_COLOR": "1", "TERM": "xterm-256color"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm-256color"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_colours_only_where_they_are_wanted(env: dict[str, str], has_colours: bool) -> None:
    done = run("show", SCENARIOS / "docs-example.yaml", env={"COLUMNS": "80", **env})
    assert bool(re.search(r"\x1b\[[\d;]*4[0-9;]", done.stdout)) is has_colours  # a background
    assert ("▒" in done.stdout) is not has_colours
    assert "PROVISIONING" in done.stdout


def test_in_sixteen_colours_each_state_has_its_own() -> None:
    env = {"COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "xterm", "COLORTERM": ""}
    bands = re.findall(r"\x1b\[([\d;]+)m (\w+)", run("show", SCENARIOS / "flapping-state.yaml", env=env).stdout)
    looks = {state: look for look, state in bands if state in ("NOT_STARTED", "PROVISIONING", "COMPLETED", "FAILED")}
    assert {state: look.split(";")[-1] for state, look in looks.items()} == {
        "NOT_STARTED": "100",
        "PROVISIONING": "104",
        "COMPLETED": "42",
        "FAILED": "41",
    }


def test_a_failed_run_tells_its_error(tmp_path: Path) -> None:
    text = drawn(FAILING, tmp_path)
    assert "workflows that a client creates with name mine" in text
    assert "provision, attempt 1 of 2: begins when a client provisions it; drawn with the steps" in one_line(text)
    assert " 30s  FAILED        WorkflowStepException during step register_remote_model, too" in text
    assert "provision, attempt 2 of 2: begins when a client provisions it again" in text
    assert " 500ms  COMPLETED     ◆ register_remote_model  model_id" in text


def test_a_template_of_ones_own(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    template.write_text(TEMPLATE)
    text = drawn(FAILING, tmp_path, "--template", template, "--step-time", "2s")
    assert " 2s                ◆ first  pipeline_id p" in text
    assert "32s  FAILED        WorkflowStepException during step second, too slow" in text
    assert "drawn with" not in text


def test_a_use_case_has_its_template(tmp_path: Path) -> None:
    text = drawn("scenario: s\nmatch: {use_case: SEMANTIC_SEARCH}\n", tmp_path)
    assert "drawn with the template of the plugin's use case semantic_search" in one_line(text)
    assert "pipeline_id nlp-ingest-pipeline" in text
    assert "index_name my-nlp-index" in text


def test_a_timeline_for_workflows_of_clients(tmp_path: Path) -> None:
    text = drawn(
        "scenario: s\nmatch: everything\nprovision: {timeline: [{at: 2s, state: FAILED, error: no}]}\n", tmp_path
    )
    assert "every workflow that a client creates" in text
    assert "drawn with" not in text
    assert " 2s  FAILED        no" in text


def test_deprovisions_and_what_they_leave() -> None:
    text = invoke(SCENARIOS / "partial-deprovision.yaml").stdout
    first, second = text.index("deprovision, attempt 1 of 2"), text.index("deprovision, attempt 2 of 2")
    assert "answers 202: Failed to deprovision some resources:" in text[first:second]
    assert "◇ create_ingest_pipeline_3" in text[first:second]
    assert " 200ms  NOT_STARTED" in text[second:]


def test_reprovisions() -> None:
    text = invoke(SCENARIOS / "update-refusals.yaml").stdout
    assert "reprovision: begins when a client reprovisions it" in text


def test_faults_outages_and_stubs(tmp_path: Path) -> None:
    text = drawn(
        "scenario: s\nworkflow_id: w\n"
        "provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 9s, state: COMPLETED}]}\n"
        "faults:\n- {on: get_status, during: 1s..2s, respond: too_many_requests}\n"
        "- {on: any, call: 3, connection: reset}\n"
        "outages: [{at: 4s, phases: [{phase: red, takes: 1s}]}]\n"
        "stubs: [{request: GET /x, respond: {status: 200}}]\n",
        tmp_path,
    )
    [row] = [line for line in text.splitlines() if re.fullmatch(r" +≈+ +≈+", line)]
    assert len(row) < 60
    for told in ("≈ 1s to 2s: get_status", "≈ 4s to 5s: outage: red", "≈ fault any", "≈ stub GET /x"):
        assert told in text


def test_a_scenario_about_the_cluster_alone(tmp_path: Path) -> None:
    text = drawn("scenario: s\noutages: [{at: 1s, phases: [{phase: yellow, takes: 2s}]}]\n", tmp_path)
    assert text.startswith("s  the cluster as a whole\n")
    assert "≈ 1s to 3s: outage: yellow" in text


def test_words_that_would_steer_the_terminal(tmp_path: Path) -> None:
    text = drawn(
        'scenario: "a\\e[31mb"\nworkflow_id: w\ndescription: "c\\ad"\nunrealistic: true\n'
        'provision: {timeline: [{at: 0s, state: "X\\e[2J", error: "[bold]no[/bold] :smile: \\e]0;x"}]}\n',
        tmp_path,
    )
    assert "\x1b" not in text
    assert "\x07" not in text
    assert r"a\x1b[31mb" in text
    assert "[bold]no[/bold] :smile:" in text


def test_wide_characters_keep_the_columns(tmp_path: Path) -> None:
    text = drawn(
        "scenario: s\nworkflow_id: w\nunrealistic: true\n"
        "provision: {timeline: [{at: 0s, state: 準備中}, {at: 1s, state: COMPLETED}]}\n",
        tmp_path,
    )
    assert "▏準備中 ░" in text


def test_many_moments_in_few_columns(tmp_path: Path) -> None:
    keyframes = "".join(f"  - {{at: {n}s, state: {['PROVISIONING', 'FAILED'][n % 2]}}}\n" for n in range(300))
    text = drawn(f"scenario: s\nworkflow_id: w\nunrealistic: true\nprovision:\n timeline:\n{keyframes}", tmp_path)
    assert max(map(len, text.splitlines())) <= 80


# -- what is wrong -------------------------------------------------------------------------------------


def test_problems_are_told_as_check_tells_them(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("scenario: bad\nworkflow: w\n")
    (tmp_path / "broken.yaml").write_text("scenario: [\n")
    (tmp_path / "good.yaml").write_text("scenario: good\nworkflow_id: g\n")
    shown = run("show", tmp_path, tmp_path / "missing.yaml")
    checked = run("check", tmp_path, tmp_path / "missing.yaml")
    assert (shown.returncode, checked.returncode) == (1, 1)
    assert shown.stderr.splitlines() == checked.stdout.splitlines()[:-1]
    assert shown.stdout.startswith("good  workflow g\n")


def test_warnings_are_told_and_fine(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("scenario: o\nworkflow_id: o\nprovision: {timeline: [{at: 0s, state: COMPLETED}]}\n")
    done = invoke(file)
    assert done.exit_code == 0
    assert "warning: " in done.stderr


@pytest.mark.parametrize("arguments", [(), ("x.yaml", "--live", "127.0.0.1:1")])
def test_files_or_a_server(arguments: tuple[str, ...]) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert "name scenario files or folders, or a server: mockflow show --live URL" in done.output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file"),
        ("{", "this is not JSON: "),
        ('{"name": "a"}', "no workflow to provision"),
        ("name: a\nworkflows: {provision: {nodes: [{id: a, type: b}]}}", "Workflow step type [b] is not implemented."),
    ],
)
def test_a_template_that_is_none(tmp_path: Path, content: str | None, told: str) -> None:
    template = tmp_path / "template"
    if content is not None:
        template.write_text(content)
    done = invoke(SCENARIOS / "model-registration-times-out.yaml", "--template", template)
    assert done.exit_code == 1
    assert told in done.output


def test_help_has_examples() -> None:
    text = invoke("--help").output
    assert "mockflow show scenarios/docs-example.yaml" in text
    assert "mockflow show --live http://127.0.0.1:9200" in " ".join(text.split())
