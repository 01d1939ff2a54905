"""How OpenSearch writes a body: compact JSON, pretty JSON, YAML (consumers.md, section 4.7)."""

import json
import re
from typing import Any, Final

import yaml as pyyaml

Json = Any

# An empty object or array at the end of a line of json.dumps(indent=2). A string cannot look like it: its line
# ends with a quote.
_EMPTY: Final = re.compile(rb"(\{|\[)(\}|\])(,?)$", re.MULTILINE)


def compact(value: Json) -> bytes:
    """JSON without white space, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def pretty(value: Json) -> bytes:
    """JSON as ``?pretty`` shows it: indented by two, `` : `` after keys, ``{ }`` and ``[ ]`` for empty ones."""
    text = json.dumps(value, ensure_ascii=False, indent=2, separators=(",", " : "))
    return _EMPTY.sub(rb"\1 \2\3", text.encode("utf-8", "replace")) + b"\n"


def yaml(value: Json) -> bytes:
    """YAML as Jackson writes it: every string value in double quotes, keys plain."""
    return pyyaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        explicit_start=True,
        encoding="utf-8",
    )


class _Dumper(pyyaml.SafeDumper):
    """Block style with quoted strings, and no aliases for values that occur twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> pyyaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        for key, _ in node.value:
            key.style = None
        return node

    def represent_text(self, data: str) -> pyyaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"')


_Dumper.add_representer(str, _Dumper.represent_text)
