"""The text analysis of an index: which analyzers its settings define, and what is wrong with them.

The texts are those of AnalysisRegistry and AnalyzerComponents (docs/reference/opensearch.md, "Mappings and index
settings"). The table is ``data/analysis.txt``; it is read on first use.

Not checked: the parameters of analyzers, tokenizers and filters (stop words, synonyms, files, ngram sizes against
index.max_ngram_diff), the members of ``multiplexer`` and ``condition``, and which filters a normalizer may have.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text, as_text
from mockflow.core.opensearch.settings.index_settings import members

Parts = Mapping[str, Text]
"""The settings of one analyzer, tokenizer or filter."""
_PREFIX: Final = "index.analysis."


@dataclass(frozen=True)
class Analysis:
    """The names that a mapping may use."""

    analyzers: frozenset[str]
    normalizers: frozenset[str]


def check_analysis(settings: Mapping[str, Text | None], plugins: Collection[str] | None) -> Analysis:
    """Raises RefusedError for the first part that is unknown. `settings` are normalized."""
    table = _table(None if plugins is None else frozenset(plugins))
    if not any(key.startswith(_PREFIX) for key in settings):
        return table.analysis
    defined = {kind: members(settings, f"{_PREFIX}{kind}.") for kind in _KINDS}
    for kind in ("char_filter", "tokenizer", "filter"):
        for name in sorted(defined[kind]):
            _check_type(kind, name, defined[kind][name], table.types[kind])
    for name in sorted(defined["analyzer"]):
        parts = defined["analyzer"][name]
        if "type" not in parts and "tokenizer" not in parts:
            raise RefusedError(f"analyzer [{name}] must specify either an analyzer type, or a tokenizer")
        if parts.get("type", "custom") != "custom":
            _check_type("analyzer", name, parts, table.types["analyzer"])
    usable = {kind: table.ready[kind] | defined[kind].keys() for kind in ("char_filter", "tokenizer", "filter")}
    for name in hash_map_order(defined["analyzer"]):
        parts = defined["analyzer"][name]
        if parts.get("type", "custom") == "custom":
            _check_custom(name, parts, usable)
    return Analysis(
        table.analysis.analyzers | defined["analyzer"].keys(), table.analysis.normalizers | defined["normalizer"].keys()
    )


def _check_type(kind: str, name: str, parts: Parts, types: frozenset[str]) -> None:
    if "type" not in parts:
        raise RefusedError(f"{kind} [{name}] must specify either an analyzer type, or a tokenizer")
    given = as_text(parts["type"])
    if given not in types:
        raise RefusedError(f"Unknown {kind} type [{given}] for [{name}]")


def _check_custom(name: str, parts: Parts, usable: Mapping[str, Collection[str]]) -> None:
    """A custom analyzer: a tokenizer, and lists of filters."""
    if "tokenizer" not in parts:
        raise RefusedError(f"Custom Analyzer [{name}] must be configured with a tokenizer")
    for kind in ("tokenizer", "char_filter", "filter"):
        for part in _listed(parts.get(kind, [])):
            if part not in usable[kind]:
                raise RefusedError(f"Custom Analyzer [{name}] failed to find {kind} under name [{part}]")


def _listed(value: Text) -> list[str]:
    """A list setting may be written as one text with commas."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


@dataclass(frozen=True)
class _Table:
    types: Mapping[str, frozenset[str]]
    ready: Mapping[str, frozenset[str]]
    """Usable without being defined."""
    analysis: Analysis


_KINDS: Final = ("analyzer", "normalizer", "tokenizer", "filter", "char_filter")


@lru_cache(maxsize=8)
def _table(plugins: frozenset[str] | None) -> _Table:
    named: dict[str, set[str]] = {}
    for kind, plugin, names in _rows():
        if plugin == "-" or plugins is None or plugin in plugins:
            named.setdefault(kind, set()).update(names)

    def union(*kinds: str) -> frozenset[str]:
        return frozenset(name for kind in kinds for name in named.get(kind, ()))

    types = {kind: union(kind, f"{kind}_with_settings") for kind in _KINDS}
    ready = {kind: union(kind, f"ready_{kind}") for kind in _KINDS}
    return _Table(types, ready, Analysis(ready["analyzer"], ready["normalizer"]))


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    text = (files("mockflow.core.opensearch.data") / "analysis.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return tuple((kind, plugin, tuple(names)) for kind, plugin, *names in rows)
