"""YAML as OpenSearch writes it (docs/reference/opensearch.md, "Rendering")."""

import re
from io import StringIO
from typing import Any, Final

import yaml as pyyaml


def yaml(value: Any) -> bytes:
    """YAML as Jackson's YAMLGenerator writes it: block style, plain keys, strings in double quotes.

    Long strings are folded near column 80: OpenSearch leaves Jackson's SPLIT_LINES on, and PyYAML folds as
    SnakeYAML does. Only outside ASCII may the two fold elsewhere, or escape otherwise; they are read alike.
    """
    text: str = pyyaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        explicit_start=True,
    )
    return text.encode()


_YAML_STRING: Final = "tag:yaml.org,2002:str"

# The keys that Jackson's StringQuotingChecker (2.18) puts in quotes: words of YAML 1.1, and these beginnings.
_YAML_WORDS: Final = frozenset(
    spelling
    for word in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    for spelling in (word, word.capitalize(), word.upper())
)
_NUMBER_OR_NULL: Final = tuple("0123456789+-.~")

# Control characters, as in Jackson, and the line breaks that PyYAML does not read back from single quotes.
_CONTROL: Final = re.compile("[\x00-\x1f\x85\u2028\u2029]")

# One escape of a double-quoted scalar.
_YAML_ESCAPE: Final = re.compile(r"\\(?:U([0-9A-F]{8})|.)", re.DOTALL)


class _Dumper(pyyaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Always: Jackson writes a value that occurs twice twice."""
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> pyyaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            key.style = '"' if _is_quoted(key.value) else None  # None: plain if PyYAML can
        return node

    def represent_text(self, text: str) -> pyyaml.ScalarNode:
        return self.represent_scalar(_YAML_STRING, text, style='"')

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        """As PyYAML does, but characters beyond U+FFFF stay themselves, as in SnakeYAML."""
        stream, self.stream = self.stream, StringIO()
        super().write_double_quoted(text, split)
        quoted, self.stream = self.stream.getvalue(), stream
        self.stream.write(_YAML_ESCAPE.sub(_unescaped, quoted))


_Dumper.add_representer(str, _Dumper.represent_text)


def _is_quoted(key: str) -> bool:
    return not key or key in _YAML_WORDS or key.startswith(_NUMBER_OR_NULL) or bool(_CONTROL.search(key))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else escape[0]
