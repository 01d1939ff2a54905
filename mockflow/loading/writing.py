"""Writes values as YAML that mockflow (YAML 1.2) and everybody else (YAML 1.1) read back as they were."""

from typing import Any, Final

import yaml

from mockflow.loading.yaml12 import is_text


def as_yaml(value: Any) -> str:
    """Block style, keys in their order, one line for each scalar."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    return text


_LINE_BREAKS: Final = frozenset("\x85\u2028\u2029")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Always: a value that occurs twice is written twice."""
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Plain where both versions of YAML read it as text; PyYAML sees to 1.1, but not to its rarer line breaks.

        Half a surrogate pair, which no YAML holds and no answer of a server either, becomes a question mark.
        """
        text = text.encode("utf-8", "replace").decode()
        is_plain = is_text(text) and _LINE_BREAKS.isdisjoint(text)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _Dumper.represent_text)
