"""What the plugin makes of a template's fields, and which refusal it gives where several would do."""

from typing import Any

import pytest

from mockflow.core.base.json_reader import read_json
from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.maps import double_text, json_text
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.versions import parse_version


def stored(inputs: str, version: str = "3.8.0") -> Any:
    """A node's user_inputs, sent as this JSON text, as GET shows them."""
    node = f'{{"id": "a", "type": "noop", "user_inputs": {inputs}}}'
    text = f'{{"name": "n", "workflows": {{"provision": {{"nodes": [{node}]}}}}}}'
    template = parse_template(read_json(text), version=parse_version(version))
    return template.document()["workflows"]["provision"]["nodes"][0]["user_inputs"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (
            '{"configurations": {"settings": {"b": 1, "a": true}}}',
            '{"configurations": "{\\"settings\\":{\\"a\\":true,\\"b\\":1}}"}',
        ),
        (
            '{"configurations": {"a": {"b": [1, true, null, 1e8]}, "c": null}}',
            '{"configurations": "{\\"a\\":{\\"b\\":[1,true,null,1.0E8]}}"}',
        ),
        ('{"configurations": "{"}', '{"configurations": "{"}'),
        ('{"configurations": {}}', '{"configurations": "{}"}'),
        ('{"interface": {"input": {"type": "object"}}}', '{"interface": "{\\"input\\":{\\"type\\":\\"object\\"}}"}'),
        (
            '{"llm": {"model_id": "x", "parameters": {"a": "b"}}}',
            '{"llm": "{\\"model_id\\":\\"x\\",\\"parameters\\":{\\"a\\":\\"b\\"}}"}',
        ),
        ('{"parameters": {"n": 5, "b": true, "f": 0.50}}', '{"parameters": {"n": "5", "b": "true", "f": "0.50"}}'),
        (
            '{"actions": [{"a": 1, "h": {"z": 2}, "l": ["a", 2, true, 1e5]}]}',
            '{"actions": [{"a": "1", "h": {"z": "2"}, "l": "[\\"a\\", 2, \\"true\\", 100000.0]"}]}',
        ),
        ('{"tools_order": ["b", 1]}', '{"tools_order": ["b", "1"]}'),
        (
            '{"processors": [{"type": "set", "params": {"n": 1}}, {"type": "x"}]}',
            '{"processors": [{"type": "set", "params": {"n": "1"}}, {"type": "x", "params": {}}]}',
        ),
        (
            '{"a": 5, "b": 1.5, "c": true, "d": 12345678901234567890}',
            '{"a": 5, "b": 1.5, "c": true, "d": 12345678901234567890}',
        ),
        (
            '{"guardrails": {"x": {"y": 1}, "input_guardrail": {"regex": ["a"], "z": 1, "stop_words": '
            '[{"source_fields": ["a"], "index_name": "i"}]}, "type": "local_regex"}}',
            '{"guardrails": {"type": "local_regex", "input_guardrail": {"stop_words": '
            '[{"index_name": "i", "source_fields": ["a"]}], "regex": ["a"]}}}',
        ),
    ],
)  # fmt: skip
def test_inputs(sent: str, kept: str) -> None:
    expected = read_json(kept)
    assert stored(sent) == {key: getattr(value, "value", value) for key, value in expected.items()}


@pytest.mark.parametrize(
    "inputs",
    [
        '{"parameters": {"a": {"b": "1"}}}',
        '{"parameters": {"a": ["1"]}}',
        '{"credential": {"key": null}}',
        '{"actions": ["x"]}',
        '{"model_ids": ["a", "b"]}',
        '{"actions": [{"headers": {"a": {"b": "c"}}}]}',
        '{"actions": [{"a": null}]}',
        '{"actions": [["a"]]}',
        '{"actions": [{"a": [["b"]]}]}',
        '{"tools_order": [null]}',
        '{"processors": [{"params": {}}]}',
        '{"processors": [{"type": "a", "x": 1}]}',
        '{"guardrails": {"type": "other"}}',
        '{"configurations": {"a": x}}',
    ],
)
def test_inputs_that_are_refused(inputs: str) -> None:
    with pytest.raises(ContentError):
        stored(inputs)


def test_objects_that_earlier_releases_do_not_take_as_text() -> None:
    llm = '{"llm": {"model_id": "x", "parameters": {"a": "b"}}}'
    with pytest.raises(ContentError):
        stored(llm, "2.19.6")
    assert stored('{"llm": {"model_id": 1}}', "2.19.6") == {"llm": {"model_id": "1"}}
    assert stored('{"interface": {"a": {}}}', "2.19.6") == {"interface": '{"a":{}}'}


@pytest.mark.parametrize(
    ("version", "text", "shown"),
    [
        ("3.8.0", "1.0.0", "1.0.0"),
        ("3.8.0", "01.2.3", "1.2.3"),
        ("3.8.0", "", "3.8.0"),
        ("2.19.6", "", "2.19.6"),
        ("2.19.6", "300.0.0", "0.0.0"),
        ("3.8.0", "2.0.0-beta1", "2.0.0-beta1"),
        ("3.8.0", "300.0.0", None),
        ("3.8.0", "1.0.0.0", None),
        ("2.19.6", "1.0.0.0", None),
        ("3.8.0", "3.0.0-SNAPSHOT", None),
        ("3.8.0", "1.0", None),
        ("3.8.0", "one", None),
    ],
)
def test_versions(version: str, text: str, shown: str | None) -> None:
    for field, expected in (("template", shown), ("compatibility", [shown])):
        content = {"name": "n", "version": {field: text if field == "template" else [text]}}
        try:
            document = parse_template(content, version=parse_version(version)).document()
        except ContentError:
            assert shown is None
        else:
            assert document["version"] == {field: expected}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"foo": 1, "name": []}', "Unable to parse field [foo] in a template object."),
        ('{"name": [], "foo": 1}', None),
        ('{"foo": 1, xyz', "Unable to parse field [foo] in a template object."),
        ('{"foo": "abc', "Unable to parse field [foo] in a template object."),
        ('{"foo": abc', None),
        ('{"name": "n", "version": {"foo": 1}}', "Unable to parse field [version] in a version object."),
        ('{"workflows": {"provision": {"nodes": []}}}', "A workflow must have at least one node."),
        ('{"workflows": {"provision": {"nodes": [{}], "x', "An node object requires both an id and type field."),
        ('{"name": "n", "ui_metadata": {"a": null}}', None),
        ('{"name": "n", "ui_metadata": []}', None),
        ('{"name": "n", "ui_metadata": ["a"]}', None),
        ('{"name": "n", "created_time": "2020-01-01T00:00:00Z"}', None),
        ('{"name": "n", "user": null}', None),
        ('{"name": "n", "tenant_id": {}}', None),
        # a field that a workflow has not: what stands in it counts as the workflow's own, and its end ends the workflow
        (
            '{"name": "n", "workflows": {"provision": {"foo": {"a": 1}, "nodes": [{"id": "a", "type": "noop"}]}}}',
            "A workflow must have at least one node.",
        ),
        (
            '{"workflows": {"provision": {"nodes": [{"id": "a", "type": "noop"}], "foo": {}}}, "name": "n"}',
            "A template object requires a name.",
        ),
        ('{"name": "n", "workflows": {"provision": {"foo": ["a"], "nodes": []}}}', None),
    ],
)  # fmt: skip
def test_the_first_thing_that_is_wrong_is_told(text: str, message: str | None) -> None:
    """None: the template is no content of its kind, for which the plugin has one message."""
    with pytest.raises((FlowFrameworkError, ContentError)) as refusal:
        parse_template(read_json(text))
    assert isinstance(refusal.value, ContentError) if message is None else str(refusal.value) == message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"name": " x ", "description": " a\\t", "use_case": "\\u0000b"}',
            {"name": "x", "description": "a", "use_case": "b"},
        ),
        ('{"name": "n", "ui_metadata": null}', {"ui_metadata": None}),
        ('{"name": "n", "ui_metadata": {}}', {"ui_metadata": None}),
        ('{"name": "n", "ui_metadata": "s"}', {"ui_metadata": None}),
        ('{"name": "n", "ui_metadata": {"a": [1.10, null]}}', {"ui_metadata": {"a": [1.1, None]}}),
        ('{"name": "n"}', {"workflows": {}}),
        ('{"name": 0.50}', {"name": "0.50"}),
        ('{"name": "n", "created_time": null, "last_updated_time": 5, "last_provisioned_time": "6"}', {"name": "n"}),
        ('{"name": "n", "user": {"name": "u", "backend_roles": ["a"], "user_requested_tenant": null}}', {"name": "n"}),
        (
            '{"name": "n", "workflows": {"a": {"nodes": [{"id": "a", "type": "noop"}], "foo": {"a": {"b": 1}}}}}',
            {"name": "n"},
        ),
    ],
)  # fmt: skip
def test_what_is_shown(text: str, shown: dict[str, Any]) -> None:
    document = parse_template(read_json(text)).document()
    assert {name: document.get(name) for name in shown} == shown


def test_an_edge_that_is_sent_twice_is_kept_twice() -> None:
    edge = {"source": "a", "dest": "b"}
    nodes = [{"id": "a", "type": "noop"}, {"id": "b", "type": "noop", "previous_node_inputs": {"a": "x"}}]
    content = {"name": "n", "workflows": {"provision": {"nodes": nodes, "edges": [edge, edge]}}}
    assert parse_template(content).document()["workflows"]["provision"]["edges"] == [edge, edge]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"workflows": null}', "workflows"),
        ('{"workflows": "a"}', "workflows"),
        ('{"workflows": {}, "foo": 1}', "workflows"),
        ('{"foo": 1}', "foo"),
        ('{"tenant_id": "t"}', "tenant_id"),
    ],
)
def test_fields_that_an_update_of_fields_refuses(text: str, message: str) -> None:
    with pytest.raises(FlowFrameworkError, match=rf"^You can not update the field \[{message}\] without"):
        parse_template(read_json(text), update_fields=True)


def test_keys_come_in_the_order_of_one_start_of_each_measured_node() -> None:
    connector = (
        '{"name": "c", "description": "d", "version": "1", "protocol": "http", "parameters": {}, "credential": {}, '
        '"actions": []}'
    )
    assert list(stored(connector)) == ["actions", "parameters", "version", "protocol", "name", "description"]
    assert list(stored(connector, "2.19.6")) == ["description", "name", "protocol", "actions", "parameters", "version"]
    text = '{"name": "n", "ui_metadata": {"a": {"z": 1, "y": 2}, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1}}'
    for version, order in (("3.8.0", "bagfedc"), ("2.19.6", "bcdefga")):
        metadata = parse_template(read_json(text), version=parse_version(version)).document()["ui_metadata"]
        assert "".join(metadata) == order
        assert list(metadata["a"]) == ["y", "z"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (1e5, "100000.0"), (9999999.0, "9999999.0"), (1e7, "1.0E7"),
        (123456789.125, "1.23456789125E8"), (1e-3, "0.001"), (1e-7, "1.0E-7"), (-2.5e-10, "-2.5E-10"),
        (1.5e300, "1.5E300"), (float("inf"), "Infinity"),
    ],
)  # fmt: skip
def test_numbers_as_java_writes_them(number: float, text: str) -> None:
    assert double_text(number) == text


def test_json_text() -> None:
    assert json_text({"a": 'q"\\\n\u2028ü', "b": [], "c": {}, "n": None}) == '{"a":"q\\"\\\\\\n\u2028ü","b":[],"c":{}}'
