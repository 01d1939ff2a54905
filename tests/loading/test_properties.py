"""Properties of the reader: whatever it is given, it answers with documents and problems that have their places."""

import copy
import json
import re
from typing import Any, Final

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mockflow.cluster import Cluster, LoadedScenario, Settings, polling
from mockflow.core.scenario.json_schema import json_schema
from mockflow.loading.load import Loading, load_text
from mockflow.loading.problems import Place
from mockflow.loading.yaml12 import read
from tests.support.paths import SCENARIOS

SHIPPED: Final = [path.read_text("utf-8") for path in sorted(SCENARIOS.glob("*.yaml"))]


def loaded(text: str) -> Loading:
    """`text` as a scenario file; every problem is one line, and its places are in the text."""
    loading = load_text(text, "f.yaml")
    for problem in loading.problems:
        assert "\n" not in str(problem)
        for place in (problem.place, problem.other):
            if place:
                assert_within(place, text)
    return loading


def assert_within(place: Place, text: str) -> None:
    """The places of an empty text or of a whole file have no line; else an editor can go there."""
    lines = re.split(r"\r\n?|\n", text.removeprefix("\ufeff"))
    if place.line:
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1


# -- any text ----------------------------------------------------------------------------------------

soup = st.lists(
    st.sampled_from(
        [*"ab:-[]{}\"'&*!|>%@,#?0.~<\\ \n\t", "  ", "\r\n", "\u2028", "é", "😀", "---\n", "<<: ", "!!int ", "1e9"]
    )
    | st.sampled_from(["scenario: ", "workflow_id: ", "provision:\n", "  timeline:\n", "    - at: ", "state: "]),
    max_size=40,
).map("".join)


@given(st.text() | soup)
@example("\ufeff")
@example("\x00")
@example("a: \ud800")
@example("&a [*a]")
@example("? ? ? ?")
@example("{? : }")
@example("--- >\n--- |\n")
def test_any_text_is_answered(text: str) -> None:
    loaded(text)


@given(
    st.binary() | soup.map(lambda text: text.encode("utf-16")) | soup.map(lambda text: text.encode("cp1252", "replace"))
)
def test_any_bytes_are_answered(data: bytes) -> None:
    documents, problems = read(data, "f.yaml")
    for problem in [*problems, *(problem for document in documents for problem in document.problems)]:
        assert_within(problem.place, data.decode("utf-8-sig", "replace"))


@given(soup)
def test_every_value_has_a_place(text: str) -> None:
    documents, _ = read(text, "f.yaml")
    for document in documents:
        places = [*map(document.place, document.values), *(document.place(path, key=True) for path in document.keys)]
        for place in places:
            assert place.line
            assert_within(place, text)


# -- values dumped and read back ---------------------------------------------------------------------


class CoreSchemaDumper(yaml.SafeDumper):
    """Quotes what YAML 1.2's core schema would not take for text."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - as PyYAML declares it


for tag, pattern in {
    "null": r"null|Null|NULL|~|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    "merge": r"<<",
}.items():
    CoreSchemaDumper.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), None)

# PyYAML breaks lines at some characters more than YAML 1.2 does: it writes them as escapes, JSON does not.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"))
words = st.sampled_from(
    ["on", "yes", "null", "~", "", "1:30", "2026-01-01", "0o17", "0x1f", "1e3", "<<", "=", "a: b", " #"]
)
keys = words | texts.map(lambda text: text[:30])
scalars = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | words | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(keys, values, min_size=1, max_size=4)


@given(
    objects,
    st.fixed_dictionaries(
        {
            "default_flow_style": st.sampled_from([None, True, False]),
            "allow_unicode": st.booleans(),
            "explicit_start": st.booleans(),
            "line_break": st.sampled_from(["\n", "\r\n"]),
            "width": st.just(10**6),  # PyYAML breaks some lines of quoted text wrongly
            "indent": st.integers(2, 6),
        }
    ),
)
def test_yaml_comes_back_as_it_was(value: Any, style: dict[str, Any]) -> None:
    (document,), problems = read(yaml.dump(value, Dumper=CoreSchemaDumper, sort_keys=False, **style), "f.yaml")
    assert [*problems, *document.problems] == []
    assert document.value == value
    assert list(document.value) == list(value)


@given(objects, st.booleans(), st.sampled_from([None, 0, 2, "\t"]))
def test_json_comes_back_as_it_was(value: Any, ensure_ascii: bool, indent: Any) -> None:
    (document,), problems = read(json.dumps(value, ensure_ascii=ensure_ascii, indent=indent), "f.json")
    assert [*problems, *document.problems] == []
    assert document.value == value
    assert json.dumps(document.value) == json.dumps(value)


# -- good scenarios, spoiled -------------------------------------------------------------------------

RESOURCE: Final = {
    "workflow_step_name": "create_connector",
    "workflow_step_id": "create_connector_1",
    "resource_type": "connector_id",
    "resource_id": "c1",
}
GOOD: Final[dict[str, Any]] = {
    "scenario": "good",
    "description": "every key of the language",
    "workflow_id": "w1",
    "starts": "load",
    "unrealistic": False,
    "provision": {
        "timeline": [
            {"at": "0s", "state": "NOT_STARTED", "user": {"name": "a"}, "tenant_id": "t"},
            {"at": "+2s", "state": "PROVISIONING", "provision_start_time": 1, "created": [RESOURCE]},
            {"at_poll": 3, "workflow_id": "w1", "user_outputs": {"a": [1]}, "all_shared_principals": ["user:a"]},
            {"at": "1s", "state": "FAILED", "error": "x", "provisioning_progress": "FAILED", "provision_end_time": 2},
            {"at": "5m", "resources_created": [RESOURCE, {**RESOURCE, "workflow_step_id": "create_connector_2"}]},
        ]
    },
}
PLANNED: Final[dict[str, Any]] = {
    "scenario": "planned",
    "match": {"use_case": "RAG", "name": "a*", "header": {"X-Mockflow-Scenario": "x"}},
    "provision": {
        "attempts": [
            {"step_time": "1s", "steps": {"create_connector": {"takes": "2s", "fails": {"status": "BAD_REQUEST"}}}},
            {"steps": {"create_index_1": {"fails": "timeout"}}},
            {"timeline": [{"at": "0s", "state": "PROVISIONING"}, {"at": "1s", "state": "COMPLETED"}]},
        ]
    },
    "reprovision": {"step_time": "0", "steps": {}},
    "deprovision": {"attempts": [{"keeps": ["create_index_1"], "takes": "1s"}, {}]},
}
TEMPLATED: Final[dict[str, Any]] = {
    "scenario": "templated",
    "workflow_id": "w1",
    "template": {
        "name": "t",
        "workflows": {"provision": {"nodes": [{"id": "t1", "type": "create_tool", "user_inputs": {"type": "x"}}]}},
    },
    "provision": {"step_time": "1s", "steps": {"t1": {"takes": "2s"}}},
}
ODD: Final = st.one_of(
    scalars,
    st.sampled_from(["", "0", "2s", "+1s", "-1s", "1.5s", "PROVISIONING", "COMPLETED", "create_index", "load", "w1"]),
    st.sampled_from(
        ["timeout", "everything", {"everything": True}, {"timeout": True}, {"fails": {}}, {"timeline": []}]
    ),
    st.sampled_from([[], {}, [[]], [{}], {"": None}, [None], {"at": "0s"}, [RESOURCE], RESOURCE]),
    st.text(max_size=10),
)


@pytest.mark.parametrize("scenario", [GOOD, PLANNED, TEMPLATED], ids=["timeline", "attempts", "plan"])
def test_the_good_ones_are_good(scenario: dict[str, Any]) -> None:
    assert [str(problem) for problem in loaded(json.dumps(scenario)).problems] == []


def holders(value: Any) -> list[Any]:
    """Every mapping and list within `value` that is not empty."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if inner else []) + [holder for each in inner for holder in holders(each)]


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """A good scenario with one to three things deleted, replaced, renamed or repeated."""
    scenario: dict[str, Any] = copy.deepcopy(draw(st.sampled_from([GOOD, PLANNED, TEMPLATED])))
    for _ in range(draw(st.integers(1, 3))):
        if not (choices := holders(scenario)):
            break
        holder = draw(st.sampled_from(choices))
        key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        action = draw(st.sampled_from(["delete", "replace", "rename", "repeat"]))
        if action == "delete":
            del holder[key]
        elif action == "replace":
            holder[key] = copy.deepcopy(draw(ODD))
        elif isinstance(holder, list):
            holder.insert(draw(st.integers(0, len(holder))), copy.deepcopy(holder[key]))
        else:
            name = draw(
                st.sampled_from(
                    [key[:-1], key.upper(), f"{key}s", *GOOD, *PLANNED, *RESOURCE, "at", "steps", "", "[key]"]
                )
            )
            holder[name] = copy.deepcopy(holder[key]) if action == "repeat" else holder.pop(key)
    return scenario


validator: Final = Draft202012Validator(json_schema())


@given(spoiled(), st.booleans())
def test_a_spoiled_scenario_is_refused_or_served(scenario: dict[str, Any], as_json: bool) -> None:
    text = json.dumps(scenario) if as_json else yaml.dump(scenario, Dumper=CoreSchemaDumper, sort_keys=False)
    loading = loaded(text)
    assert bool(loading.errors) != bool(loading.scenarios)
    for problem in loading.problems:
        assert problem.place.line, "every problem of a document has its line"
    for located in loading.scenarios:
        assert [error.message for error in validator.iter_errors(scenario)] == [], "an editor underlines nothing of it"
        cluster = Cluster(Settings(mode="auto"), (LoadedScenario(located.scenario),))
        for workflow_id in cluster.world.workflows:
            for _ in range(10):
                assert polling.poll(cluster.world, workflow_id, show_all=True).json


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A shipped scenario after a slip of the hand."""
    lines = draw(st.sampled_from(SHIPPED)).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 2))):
        number = draw(st.integers(0, len(lines) - 1))
        line = lines[number]
        column = draw(st.integers(0, len(line) - 1))
        character = draw(st.sampled_from([*":-[]{}\"'#\t\n ,*&!", "  ", ""]))
        lines[number] = draw(
            st.sampled_from(
                [
                    "",
                    line + line,
                    f" {line}",
                    line.lstrip(),
                    line[:column] + character + line[column:],
                    line[:column] + character + line[column + 1 :],
                    line[:column],
                    "".join(lines[draw(st.integers(0, len(lines) - 1)) :]),
                ]
            )
        )
        lines = "".join(lines).splitlines(keepends=True) or ["\n"]
    return "".join(lines)


@given(edited())
def test_a_slip_of_the_hand_is_answered(text: str) -> None:
    loading = loaded(text)
    assert loading.errors or loading.scenarios
