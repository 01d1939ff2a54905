"""Explains PyYAML's syntax errors: what is wrong, where it began, and what would be right."""

import re
from dataclasses import dataclass
from typing import Final

import yaml


def explained(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str, str]:
    """The index in `text`, what is wrong there, and what would be right."""
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
    stopped, began = (marks[0].index, marks[-1].index) if marks else (0, 0)
    at_end = not text[stopped:].strip(" \r\n")
    what = ", ".join(part for part in (error.context, error.problem) if part)
    seen = f"{what} at {'the end' if at_end else repr(text[stopped])}"
    complaint = next(row for row in _COMPLAINTS if re.search(row.pattern, seen))
    index = min(began, len(text.rstrip())) if complaint.where_it_began or at_end else stopped
    opened = text[began : began + 1]
    words = {"what": what, "here": text[index : index + 1], "opened": opened, "closes": _CLOSES.get(opened, "")}
    return index, complaint.message.format_map(words), complaint.hint.format_map(words)


@dataclass(frozen=True)
class _Complaint:
    """A kind of syntax error. `pattern` matches the message of libyaml or of PyYAML's parser; the first match wins."""

    pattern: str
    message: str
    hint: str
    where_it_began: bool = False


_CLOSES: Final = {"{": "}", "[": "]"}
_QUOTE_IT: Final = "quote text that begins with it"
_COMPLAINTS: Final = (
    _Complaint(
        r"quoted scalar, found unexpected",
        "a quote {here} that is never closed",
        "close it, or put text that holds it in the other kind of quotes",
        where_it_began=True,
    ),
    _Complaint(
        r"quoted scalar, ",
        "an escape that YAML does not have",
        r"write \\ for a backslash, or put the text in single quotes",
    ),
    _Complaint(
        r"flow (mapping|sequence), .*expected ',' .* at the end",
        'a "{opened}" that is never closed',
        'close it with "{closes}"',
        where_it_began=True,
    ),
    _Complaint(
        r"flow (mapping|sequence), .*expected ','",
        '"," or "{closes}" is missing',
        '"{opened}" begins what is separated by "," and ends with "{closes}"',
    ),
    _Complaint(
        r"flow node, ",
        "a value is missing",
        'remove the extra "," or bracket',
    ),
    _Complaint(
        r"could not find expected ':'",
        "a line that is neither a key nor an entry of a list",
        'after a key comes ": ", before an entry "- "',
        where_it_began=True,
    ),
    _Complaint(
        r"mapping values are not allowed",
        'a ": " that belongs to no key',
        'quote text that holds ": ", and indent the keys of one mapping alike',
    ),
    _Complaint(
        r"block mapping, ",
        "no key where one is expected",
        "indent the keys of one mapping alike, and quote text as a whole",
    ),
    _Complaint(
        r"block collection, ",
        'no "- " where an entry of the list is expected',
        "indent the keys of one entry alike",
    ),
    _Complaint(
        r"entries are not allowed",
        "a list cannot begin here",
        'begin it on the next line, or quote text that begins with "- "',
    ),
    _Complaint(
        r"tab character|start any token at '\\t'",
        "a tab in the indentation",
        "indent with spaces",
    ),
    _Complaint(
        r"cannot start any token",
        'text cannot begin with "{here}"',
        "quote it",
    ),
    _Complaint(
        r"scanning an (alias|anchor), ",
        'a name is missing after "{here}"',
        _QUOTE_IT,
        where_it_began=True,
    ),
    _Complaint(
        r"(scanning|parsing) a tag, |tag handle",
        'a tag is not allowed, and text cannot begin with "!"',
        _QUOTE_IT,
        where_it_began=True,
    ),
    _Complaint(
        r"block scalar, ",
        "text cannot begin with {here}",
        "text of several lines begins on the line after | or >, indented; quote other text",
        where_it_began=True,
    ),
    _Complaint(
        r"directive|incompatible YAML",
        'a line that begins with "%" is a YAML directive',
        "leave it out",
        where_it_began=True,
    ),
    _Complaint(
        r"maximum nesting depth",  # newer releases of libyaml have their own bound and check it first
        "it is nested too deeply",
        "at most 40 levels",
    ),
    _Complaint(
        r"<document start>",
        "a second document begins here",
        'indent all keys alike, and put a line "---" between two documents',
    ),
    _Complaint(
        r"",
        "{what}",
        "check the indentation, the quotes and the brackets here",
    ),
)
