"""Reads YAML by the rules of YAML 1.2's core schema, with the place of every key and value.

PyYAML parses the text. Its conversion of scalars is not used, for it follows YAML 1.1, where `on` is a boolean, `1:30`
a number and `2026-01-01` a date. Tags and duplicate keys are problems. Size, depth and alias expansion are bounded.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from mockflow.core.base.findings import Path, quoted
from mockflow.loading.core_schema import NotANumber, is_text, scalar
from mockflow.loading.problems import Place, Problem

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 40
MAX_NODES: Final = 200_000  # of one document, aliases expanded

MAX_DOCUMENTS: Final = 20_000

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# https://yaml.org/spec/1.2.2/#51-character-set
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Document:
    """One YAML document: its value, and the place of every key and value."""

    places: "_Places"
    value: Any = None
    values: dict[Path, int] = field(default_factory=dict)
    """The index of each value in the text."""
    keys: dict[Path, int] = field(default_factory=dict)
    """The index of each key in the text."""
    texts: dict[Path, str] = field(default_factory=dict)
    """The source text of each scalar that is not a string, for messages that quote it."""
    problems: list[Problem] = field(default_factory=list)
    """The problems of its YAML."""
    unread: set[Path] = field(default_factory=set)
    """The places without a value because of a problem."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """The place of the value at `path`, or of its key; if there is none, the place of the nearest parent."""
        if key and path in self.keys:
            return self.places.at(self.keys[path])
        while path not in self.values and path:
            path = path[:-1]
        return self.places.at(self.values[path]) if path in self.values else Place(self.places.file)

    def break_off(self, problem: Problem) -> None:
        """Adds a problem after which the rest of the document was not read, so that no key is reported as missing."""
        self.problems.append(problem)
        self.unread.add(())


def read(text: str | bytes, file: str) -> tuple[list[Document], list[Problem]]:
    """All documents of a stream that are not empty, and the problem that ended the reading early, if any."""
    if len(text) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 2**20} MiB"
        return [], [Problem(Place(file), message, "split it into several files")]
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8-sig", "replace")
        place = _Places(file, before).at(len(before))
        return [], [Problem(place, "the file is not UTF-8 text", "save the file as UTF-8")]
    text = _with_joined_surrogates(text)
    places = _Places(file, text)
    if found := _NOT_ALLOWED.search(text):
        message = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        hint = "remove it, or write it as an escape in double quotes"
        return [], [Problem(places.at(found.start()), message, hint)]
    reader = _Reader(places)
    problems = []
    try:
        _parse(text, reader)
    except yaml.MarkedYAMLError as error:
        from mockflow.loading.syntax import explained

        index, message, hint = explained(error, text)
        problem = Problem(places.at(index), f"not YAML: {message}", hint)
        if reader.documents and "<document start>" in str(error.problem):
            reader.documents[-1].break_off(problem)
        else:
            problems.append(problem)
    except yaml.YAMLError as error:
        problems.append(Problem(Place(file), f"not YAML: {error}"))
    except _BoundError as error:
        problems.append(Problem(places.at(error.index), error.message, error.hint))
    return [document for document in reader.documents if document.value is not None or document.problems], problems


def _parse(text: str, reader: "_Reader") -> None:
    try:
        parser = _LOADER(text)
        try:
            while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
                reader.feed(event)
        finally:
            parser.dispose()
    except (ValueError, OverflowError) as error:  # PyYAML's parser raises these for an escape beyond Unicode
        raise yaml.YAMLError(str(error)) from None


_ESCAPES = re.compile(r"\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|.)", re.IGNORECASE | re.DOTALL)


def _with_joined_surrogates(text: str) -> str:
    r"""Joins JSON's pairs of escapes for a character beyond 16 bits (``\ud83d\ude00``), which YAML does not have."""

    def joined(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return rf"\U{0x10000 + ((int(found[1], 16) - 0xD800) << 10) + (int(found[2], 16) - 0xDC00):08X}"

    return _ESCAPES.sub(joined, text) if text.lstrip()[:1] in ("{", "[") else text


class _Places:
    """Turns an index in a text into a place, with the line breaks that editors use."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._length = len(text)
        self._starts = [0, *(found.end() for found in re.finditer(r"\r\n?|\n", text))]

    def at(self, index: int) -> Place:
        index = min(index, self._length)
        line = bisect_right(self._starts, index)
        return Place(self.file, line, index - self._starts[line - 1] + 1)


class _BoundError(Exception):
    """The document exceeds a bound at `index`."""

    def __init__(self, index: int, message: str, hint: str) -> None:
        self.index, self.message, self.hint = index, message, hint


class _Node:
    """A node of the YAML. The `items` of a mapping are key and value nodes in turn."""

    __slots__ = ("anchor", "index", "items", "kind", "plain", "problem", "text")
    items: list["_Node"]
    """Of a mapping or sequence only."""

    def __init__(self, kind: str, index: int, anchor: str | None = None, text: str = "", plain: bool = False):
        self.kind = kind
        """scalar, sequence or mapping."""
        self.index = index
        self.anchor = anchor
        self.text = text
        self.plain = plain
        self.problem: tuple[str, str] | None = None


_SCALAR, _MAPPING_START, _SEQUENCE_START = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
_MAPPING_END, _SEQUENCE_END = yaml.MappingEndEvent, yaml.SequenceEndEvent


class _Reader:
    """Builds documents from the parser's events. An alias shares the node that it names."""

    def __init__(self, places: _Places) -> None:
        self.documents: list[Document] = []
        self._places = places
        self._anchors: dict[str, _Node] = {}
        self._open: list[_Node] = []
        self._count = 0

    def feed(self, event: Any) -> None:
        kind = type(event)
        if kind is _SCALAR:
            self._add(self._node("scalar", event, event.value, not event.style and event.implicit[0]))
        elif kind is _MAPPING_END or kind is _SEQUENCE_END:
            self._add(self._open.pop())
        elif kind is _MAPPING_START:
            self._enter(self._node("mapping", event))
        elif kind is _SEQUENCE_START:
            self._enter(self._node("sequence", event))
        elif kind is yaml.AliasEvent:
            self._add(self._named(event))
        elif kind is yaml.DocumentStartEvent:
            if len(self.documents) >= MAX_DOCUMENTS:
                message = f"the file has more than {MAX_DOCUMENTS} documents"
                mark: Any = event.start_mark
                raise _BoundError(mark.index, message, "split it into several files")
            self._anchors.clear()
            self._count = 0

    def _node(self, kind: str, event: Any, text: str = "", plain: bool = False) -> _Node:
        node = _Node(kind, event.start_mark.index, event.anchor, text, plain)
        if event.tag not in (None, "!"):
            tag = quoted(event.tag.replace("tag:yaml.org,2002:", "!!", 1))
            node.problem = (f"the tag {tag} is not allowed", "leave it out, or quote text that begins with !")
        return node

    def _enter(self, node: _Node) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise _BoundError(node.index, "the YAML is nested too deeply", f"at most {MAX_DEPTH} levels")
        node.items = []
        self._open.append(node)

    def _add(self, node: _Node) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise _BoundError(node.index, f"the document has more than {MAX_NODES} values", "split it into several")
        if node.anchor:
            self._anchors[node.anchor] = node
        if self._open:
            self._open[-1].items.append(node)
        else:
            self.documents.append(_Expansion(self._places).run(node))

    def _named(self, event: Any) -> _Node:
        name = event.anchor or ""
        if node := self._anchors.get(name):
            return node
        if any(node.anchor == name for node in self._open):
            problem = (f"*{name} is within the value that it names", "write the value out")
        else:
            problem = (f"*{name} names nothing", f"there is no &{name} before it; quote text that begins with *")
        node = _Node("scalar", event.start_mark.index, plain=True)
        node.problem = problem
        return node


class _Expansion:
    """Builds a document's value from its nodes. Aliases are expanded up to a bound."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._document = Document(places)
        self._problems: dict[Problem, None] = {}  # an ordered set: a problem that an alias repeats is reported once
        self._count = 0

    def run(self, root: _Node) -> Document:
        try:
            self._document.value = self._value(root, ())
        except OverflowError:
            message = f"the document grows beyond {MAX_NODES} values when its aliases are expanded"
            self._problem(root, message, "use fewer aliases")
            self._document.value = None
        self._document.problems = list(self._problems)
        return self._document

    def _value(self, node: _Node, path: Path) -> Any:
        self._count += 1
        if self._count > MAX_NODES:
            raise OverflowError
        self._document.values[path] = node.index
        if len(path) > MAX_DEPTH:
            message = "the YAML is nested too deeply when its aliases are expanded"
            return self._unread(node, path, message, f"at most {MAX_DEPTH} levels")
        if node.problem:
            self._problem(node, *node.problem)
        if node.kind == "mapping":
            return self._mapping(node, path)
        if node.kind == "sequence":
            return [self._value(item, (*path, number)) for number, item in enumerate(node.items)]
        if node.problem:
            self._document.unread.add(path)
        if not node.plain:
            return node.text
        value = scalar(node.text)
        if isinstance(value, NotANumber):
            return self._unread(node, path, str(value), f"quote it: {quoted(node.text)}")
        if not isinstance(value, str):
            self._document.texts[path] = node.text
        return value

    def _mapping(self, node: _Node, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in self._pairs(node, path):
            here = (*path, key.text)
            if key.text in result:
                first = self._document.keys[here]
                hint = "keep one of the two"
                if path and isinstance(path[-1], int):
                    hint += ', or begin a new entry of the list with "- "'
                self._problem(key, f"duplicate key {quoted(key.text)}", hint, other=self._places.at(first))
                continue
            self._document.keys[here] = key.index
            result[key.text] = self._value(value, here)
        return result

    def _pairs(self, node: _Node, path: Path) -> Iterator[tuple[_Node, _Node]]:
        for key, value in zip(node.items[::2], node.items[1::2], strict=True):
            if key.problem:
                self._problem(key, *key.problem)
            if key.kind != "scalar":
                self._problem(key, f"a key is text, not a {_KINDS[key.kind]}", "quote text that begins with { or [")
            elif key.plain and key.text == "<<":
                self._problem(key, 'YAML 1.2 has no merge key "<<"', "write the keys out, or use an alias as a value")
                self._document.unread.add(path)
            elif key.plain and not is_text(key.text):
                what = quoted(key.text) if key.text else "nothing"
                self._problem(key, f"a key is text, and {what} is not", f'quote it: "{key.text}"')
            else:
                yield key, value

    def _unread(self, node: _Node, path: Path, message: str, hint: str) -> None:
        self._document.unread.add(path)
        self._problem(node, message, hint)

    def _problem(self, node: _Node, message: str, hint: str, other: Place | None = None) -> None:
        self._problems[Problem(self._places.at(node.index), message, hint, other=other)] = None


_KINDS: Final = {"sequence": "list", "mapping": "mapping"}
