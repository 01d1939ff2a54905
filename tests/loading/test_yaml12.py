"""YAML as mockflow reads it: the core schema of YAML 1.2, JSON included."""

import json
from typing import Any

import pytest
import yaml

from mockflow.loading import yaml12
from mockflow.loading.load import load_text
from mockflow.loading.yaml12 import Document, read


def document(text: str | bytes) -> Document:
    documents, problems = read(text, "file.yaml")
    assert problems == []
    (only,) = documents
    assert only.problems == []
    return only


def value(text: str | bytes) -> Any:
    return document(text).value


# -- scalars (https://yaml.org/spec/1.2.2/#103-core-schema) ------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # What YAML 1.1 would have made of these is the reason for not using it.
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1_000", "1_000"),
        ("0b101", "0b101"),
        ("017", 17),
        ("=", "="),
        # null
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("~", None),
        ("", None),
        ("nULL", "nULL"),
        # booleans
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        # numbers
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("0o8", "0o8"),
        ("0xg", "0xg"),
        ("-0x1", "-0x1"),
        ("12345678901234567890", 12345678901234567890),
        ("1e3", 1000.0),
        ("1E-2", 0.01),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.5e1", -5.0),
        ("1.2.3", "1.2.3"),
        ("3.2.0", "3.2.0"),
        ("1e", "1e"),
        (".", "."),
        ("+", "+"),
        # written as text
        ('"true"', "true"),
        ("'12'", "12"),
        ('""', ""),
        ("|\n  12\n", "12\n"),
        (">-\n  a\n  b\n", "a b"),
        # no number, and no problem, unless the whole text is one
        (".infinity", ".infinity"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("8xL8bowB8y25Tqfenm50", "8xL8bowB8y25Tqfenm50"),
        ("1e5x", "1e5x"),
    ],
)
def test_scalars(text: str, meant: object) -> None:
    read_back = value(f"key: {text}")["key"]
    assert read_back == meant
    assert type(read_back) is type(meant)


def test_words_of_yaml_1_1_are_keys() -> None:
    assert value("{on: 1, no: 2, y: 3, 1:30: 4, 2026-01-01: 5}") == {
        "on": 1,
        "no": 2,
        "y": 3,
        "1:30": 4,
        "2026-01-01": 5,
    }


def test_a_quoted_word_is_a_key_whatever_it_is() -> None:
    assert value('{"1": a, "true": b, "null": c, "<<": d, "": e}') == {
        "1": "a",
        "true": "b",
        "null": "c",
        "<<": "d",
        "": "e",
    }


# -- aliases -----------------------------------------------------------------------------------------


def test_an_alias_repeats_what_it_names() -> None:
    assert value("{a: &x {b: [1, &y two]}, c: *x, d: *y}") == {
        "a": {"b": [1, "two"]},
        "c": {"b": [1, "two"]},
        "d": "two",
    }


def test_an_alias_means_the_last_of_its_name() -> None:
    assert value("[&x 1, *x, &x 2, *x]") == [1, 1, 2, 2]


def test_an_alias_may_be_a_key() -> None:
    assert value("{a: &x word, *x : 1}") == {"a": "word", "word": 1}


def test_what_an_alias_repeats_is_no_shared_object() -> None:
    read_back = value("{a: &x {b: 1}, c: *x}")
    assert read_back["a"] is not read_back["c"]


@pytest.mark.slow
def test_aliases_up_to_the_bound() -> None:
    assert len(value(f"[&x [a, b, c, d], {', '.join(['*x'] * 30_000)}]")) == 30_001


def test_each_document_has_the_bound_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "MAX_NODES", 10)
    eight = "[1, 2, 3, 4, 5, 6, 7]\n"
    documents, problems = read(f"--- {eight}--- {eight}", "file.yaml")
    assert (len(documents), problems) == (2, [])
    assert read(f"[{eight}, 1, 2]", "file.yaml")[1]


# -- encodings and line ends -------------------------------------------------------------------------

LINES = "a: größe\nb:\n  - 1\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_line_ends_and_byte_order_marks(line_end: str, mark: str) -> None:
    text = mark + LINES.replace("\n", line_end)
    for each in (text, text.encode("utf-8")):
        read_back = document(each)
        assert read_back.value == {"a": "größe", "b": [1]}
        assert str(read_back.place(("b", 0))) == "file.yaml:3:5"
        assert str(read_back.place(("a",), key=True)) == "file.yaml:1:1"


def test_places_count_characters_and_the_lines_of_editors() -> None:
    read_back = document('{"😀 größe": "\u2028", b: 2,\n c: 3}')
    assert str(read_back.place(("b",), key=True)) == "file.yaml:1:18"
    assert str(read_back.place(("c",))) == "file.yaml:2:5"


def test_a_place_that_is_not_there_is_that_of_what_holds_it() -> None:
    read_back = document("a:\n  - b: 1\n")
    assert str(read_back.place(("a", 0, "c"))) == str(read_back.place(("a", 0), key=True)) == "file.yaml:2:5"


# -- documents ---------------------------------------------------------------------------------------


def test_several_documents_and_nothing_between_them() -> None:
    documents, problems = read("---\na: 1\n---\n# nothing\n---\n---\nb: 2\n...\n---\nc: 3\n", "file.yaml")
    assert problems == []
    assert [each.value for each in documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [str(each.place(())) for each in documents] == ["file.yaml:2:1", "file.yaml:7:1", "file.yaml:10:1"]


# -- JSON is YAML ------------------------------------------------------------------------------------

SCENARIO = {
    "scenario": 'emoji 😀, \\u stays, "quotes" / and\ttabs',
    "workflow_id": "\U0010ffff",
    "provision": {"timeline": [{"at": "0s", "state": "PROVISIONING"}, {"at": "1s", "state": "COMPLETED"}]},
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(SCENARIO),
        json.dumps(SCENARIO, ensure_ascii=False),
        json.dumps(SCENARIO, indent=2),
        json.dumps(SCENARIO, indent="\t"),
        json.dumps(SCENARIO, separators=(",", ":")),
        "\ufeff\r\n " + json.dumps(SCENARIO).replace("/", r"\/"),
    ],
    ids=["escaped", "UTF-8", "indented", "with tabs", "compact", "with slashes escaped"],
)
def test_a_scenario_may_be_json(text: str) -> None:
    loading = load_text(text, "scenario.json")
    assert loading.problems == []
    (located,) = loading.scenarios
    assert located.scenario.scenario == SCENARIO["scenario"]
    assert located.scenario.workflow_id == SCENARIO["workflow_id"]


def test_escapes_of_plain_yaml_are_left_alone() -> None:
    assert value(r"a: '\ud83d\ude00'") == {"a": r"\ud83d\ude00"}
    assert value(r'{"a": "\\ud83d\\ude00"}') == {"a": r"\ud83d\ude00"}


# -- where libyaml is missing ------------------------------------------------------------------------


@pytest.mark.parametrize("text", [r'a: "\U00110000"', r'a: "\UFFFFFFFF"', f"%YAML 1.{'9' * 5000}\n---\na: 1"])
@pytest.mark.parametrize("loader", [yaml12._LOADER, yaml.SafeLoader])
def test_what_either_parser_chokes_on_is_a_problem(text: str, loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "_LOADER", loader)
    documents, problems = read(text, "file.yaml")
    assert documents == []
    assert [str(problem).partition(": ")[2][:9] for problem in problems] == ["not YAML:"]
