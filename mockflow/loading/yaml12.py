"""Reads YAML by the rules of YAML 1.2's core schema, safely, and remembers where everything stands.

PyYAML parses; what it would make of the scalars (YAML 1.1: `on` a boolean, `1:30` a number, `2026-01-01` a date)
is not used. Tags are refused, duplicate keys are problems, and size, depth and alias expansion are bounded.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from mockflow.core.findings import Path
from mockflow.loading.problems import Place, Problem

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 40
MAX_NODES: Final = 200_000  # of one document, aliases expanded

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# https://yaml.org/spec/1.2.2/#103-core-schema
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAX_NUMBER_LENGTH: Final = 40


@dataclass
class Document:
    """One YAML document: its plain value, and the place of every key and value in it."""

    file: str
    value: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    """The source text of each scalar that is not a string, so that advice can quote it."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value at `path` stands, or its key; of what is not there, where its nearest parent stands."""
        if key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Place(self.file))


def read(text: str | bytes, file: str) -> tuple[list[Document], list[Problem]]:
    """All documents of a stream that hold something, and what is wrong with the YAML itself."""
    if len(text) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 2**20} MiB"
        return [], [Problem(Place(file), message, "split it into several files")]
    if isinstance(text, bytes):
        raw = text
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            place = _place_of(file, raw[: error.start].decode("utf-8", "replace"))
            return [], [Problem(place, "this is not UTF-8 text", "save the file as UTF-8")]
    reader = _Reader(file)
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), Loader=_LOADER):
            reader.feed(event)
    except yaml.reader.ReaderError as error:
        place = _place_of(file, text[: int(error.position)])
        reader.problems.append(Problem(place, f"a character that YAML does not allow: {error.reason}"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reader.problems.append(Problem(_at(file, mark), *_syntax(error)))
    except yaml.YAMLError as error:
        reader.problems.append(Problem(Place(file), f"not YAML: {error}"))
    except _TooDeepError as error:
        hint = f"at most {MAX_DEPTH} levels"
        reader.problems.append(Problem(_at(file, error.args[0]), "the YAML is nested too deeply", hint))
    return [document for document in reader.documents if document.value is not None], reader.problems


def is_text(plain: str) -> bool:
    """Whether an unquoted scalar is a string, and not null, a boolean or a number."""
    return not any(kind.fullmatch(plain) for kind in (_NULL, _BOOLEAN, _INTEGER, _FLOAT))


def _syntax(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    """PyYAML's words, and advice for the mistakes that people make."""
    what = ", ".join(part for part in (error.context, error.problem) if part)
    if "character that cannot start any token" in what:
        return f"not YAML: {what}", "indent with spaces, and quote text that begins with @, ` or %"
    if "mapping values are not allowed" in what:
        return f"not YAML: {what}", 'look for a missing line break, or quote text that holds ": "'
    return f"not YAML: {what}", "look at the indentation and the quotes here"


def _at(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _place_of(file: str, before: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _TooDeepError(Exception):
    """Nested beyond MAX_DEPTH; the argument is the mark."""


@dataclass
class _Node:
    """A node as it was written. `items` of a mapping are key and value nodes by turns."""

    kind: str  # "scalar", "sequence" or "mapping"
    mark: Any
    anchor: str | None = None
    text: str = ""
    plain: bool = False
    items: list["_Node"] = field(default_factory=list)


class _Reader:
    """Builds documents from the parser's events. An alias shares the node that it names."""

    def __init__(self, file: str) -> None:
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._file = file
        self._anchors: dict[str, _Node] = {}
        self._open: list[_Node] = []

    def feed(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._add(self._named(event))
        elif isinstance(event, yaml.ScalarEvent):
            self._check_tag(event)
            plain = event.style in (None, "") and event.implicit[0]
            self._add(_Node("scalar", event.start_mark, event.anchor, event.value, plain))
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if len(self._open) >= MAX_DEPTH:
                raise _TooDeepError(event.start_mark)
            self._check_tag(event)
            kind = "sequence" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
            self._open.append(_Node(kind, event.start_mark, event.anchor))
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._add(self._open.pop())
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _add(self, node: _Node) -> None:
        if node.anchor:
            self._anchors[node.anchor] = node
        if self._open:
            self._open[-1].items.append(node)
        else:
            document, problems = _Expansion(self._file).run(node)
            self.documents.append(document)
            self.problems += problems

    def _named(self, event: yaml.AliasEvent) -> _Node:
        if node := self._anchors.get(event.anchor or ""):
            return node
        place = _at(self._file, event.start_mark)
        self.problems.append(Problem(place, f"*{event.anchor} names nothing", f"no &{event.anchor} stands before it"))
        return _Node("scalar", event.start_mark, plain=True)

    def _check_tag(self, event: Any) -> None:
        if event.tag not in (None, "!"):
            place = _at(self._file, event.start_mark)
            self.problems.append(Problem(place, f"the tag {event.tag} is not allowed", "leave it out; quote text"))


class _Expansion:
    """One document's plain value from its nodes, with aliases expanded up to a bound."""

    def __init__(self, file: str) -> None:
        self._document = Document(file)
        self._problems: list[Problem] = []
        self._count = 0

    def run(self, root: _Node) -> tuple[Document, list[Problem]]:
        try:
            self._document.value = self._value(root, ())
        except OverflowError:
            message = f"the document grows beyond {MAX_NODES} values when its aliases are expanded"
            self._problems.append(Problem(_at(self._document.file, root.mark), message, "use fewer aliases"))
            self._document.value = None
        return self._document, self._problems

    def _value(self, node: _Node, path: Path) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            raise OverflowError
        if len(path) > MAX_DEPTH:
            message = "the YAML is nested too deeply when its aliases are expanded"
            self._problem(node, message, f"at most {MAX_DEPTH} levels")
            return None
        self._document.values[path] = _at(self._document.file, node.mark)
        if node.kind == "mapping":
            return self._mapping(node, path)
        if node.kind == "sequence":
            return [self._value(item, (*path, number)) for number, item in enumerate(node.items)]
        value = self._scalar(node) if node.plain else node.text
        if not isinstance(value, str):
            self._document.texts[path] = node.text
        return value

    def _mapping(self, node: _Node, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in self._pairs(node):
            here = (*path, key.text)
            if key.text in result:
                first = self._document.keys[here]
                self._problem(key, f'the key "{key.text}" stands twice', "keep one of the two", other=first)
                continue
            self._document.keys[here] = _at(self._document.file, key.mark)
            result[key.text] = self._value(value, here)
        return result

    def _pairs(self, node: _Node) -> Iterator[tuple[_Node, _Node]]:
        for key, value in zip(node.items[::2], node.items[1::2], strict=True):
            if key.kind != "scalar":
                self._problem(key, "a key is a word, not a list or mapping")
            elif key.plain and key.text == "<<":
                self._problem(key, 'YAML 1.2 has no merge key "<<"', "write the keys out, or use an alias as a value")
            elif key.plain and not isinstance(self._scalar(key), str):
                self._problem(key, f"a key is text, and {key.text or 'nothing'} is not", f'quote it: "{key.text}"')
            else:
                yield key, value

    def _scalar(self, node: _Node) -> Any:
        text = node.text
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text[0] in "tT"
        if len(text) <= _MAX_NUMBER_LENGTH:
            if _INTEGER.fullmatch(text):
                return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
            if _FLOAT.fullmatch(text):
                number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
                if math.isfinite(number):
                    return number
                self._problem(node, f"{text} is no number that JSON could tell", f'quote it: "{text}"')
        elif text.lstrip("+-").replace(".", "", 1).isdigit():
            self._problem(node, "a number with too many digits", "quote it")
        return text

    def _problem(self, node: _Node, message: str, hint: str = "", other: Place | None = None) -> None:
        self._problems.append(Problem(_at(self._document.file, node.mark), message, hint, other=other))
