"""Writes YAML that readers of YAML 1.2 (such as mockflow) and of YAML 1.1 read back unchanged."""

from typing import Any, Final

import yaml

from mockflow.loading.core_schema import is_text


def as_yaml(value: Any) -> str:
    """The value in block style, with keys in order and one line for each scalar."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    return text


_LINE_BREAKS: Final = frozenset("\x85\u2028\u2029")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Always true: a value that occurs twice is written twice."""
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A plain scalar if both versions of YAML read it as text, else a quoted one.

        PyYAML quotes what YAML 1.1 would misread, except for text with the rarer line breaks. A lone surrogate, which
        neither YAML nor UTF-8 can hold, becomes a question mark.
        """
        text = text.encode("utf-8", "replace").decode()
        is_plain = is_text(text) and _LINE_BREAKS.isdisjoint(text)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _Dumper.represent_text)
