"""How the texts of a field become terms: the analyzers and normalizers that mockflow computes.

analyser("whitespace", settings)  # settings by dotted key with `index.`; None for one that it does not compute
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mockflow.core.opensearch.search.field_terms import matches_in, split_words, words
from mockflow.core.opensearch.search.fields import Analyse
from mockflow.core.opensearch.settings.cluster_settings import Text
from mockflow.core.opensearch.settings.index_settings import members

Settings = Mapping[str, Text]


def analyser(name: str, settings: Settings) -> Analyse | None:
    """The analyzer of this name: one that the settings define, or a built-in one."""
    defined = members(settings, "index.analysis.analyzer.").get(name)
    if defined is None:
        return _BUILT_IN.get("standard" if name in ("default", "default_search") else name)
    kind = str(defined.get("type", "custom"))
    if kind != "custom":
        return _BUILT_IN.get(kind) if defined.keys() == {"type"} else None
    if not defined.keys() <= {"type", "tokenizer", "filter"}:
        return None
    tokenizer, filters = str(defined.get("tokenizer")), _listed(defined.get("filter", ()))
    if _is_redefined(settings, "tokenizer", [tokenizer]) or _is_redefined(settings, "filter", filters):
        return None
    return _chain(_TOKENIZERS.get(tokenizer), filters)


def normaliser(name: str, settings: Settings) -> Callable[[str], str] | None:
    """The normalizer of this name; None for one that mockflow does not compute."""
    defined = members(settings, "index.analysis.normalizer.").get(name)
    if defined is None:
        return str.lower if name == "lowercase" else None
    filters = _listed(defined.get("filter", ()))
    if not defined.keys() <= {"type", "filter"} or _is_redefined(settings, "filter", filters):
        return None
    chain = _chain(_whole, filters)
    return None if chain is None else lambda text: chain(text)[0]


def _chain(tokenizer: Analyse | None, filters: Iterable[str]) -> Analyse | None:
    steps = [_FILTERS.get(name) for name in filters]
    if tokenizer is None or None in steps:
        return None
    split, changes = tokenizer, [step for step in steps if step is not None]

    def analyse(text: str) -> tuple[str, ...]:
        terms = split(text)
        for change in changes:
            terms = tuple(map(change, terms))
        return terms

    return analyse


def _is_redefined(settings: Settings, kind: str, names: Iterable[str]) -> bool:
    """Whether the settings give one of these names a meaning of their own."""
    return not members(settings, f"index.analysis.{kind}.").keys().isdisjoint(names)


def _listed(value: Text | Iterable[str]) -> list[str]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else [str(part) for part in value]


def _whole(text: str) -> tuple[str, ...]:
    return (text,)


def _spaced(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _letters(text: str) -> tuple[str, ...]:
    return tuple(matches_in(text, _LETTERS))


def _small_letters(text: str) -> tuple[str, ...]:
    return tuple(matches_in(text.lower(), _LETTERS))


_LETTERS: Final = re.compile(r"[^\W\d_]+")
_BUILT_IN: Final[Mapping[str, Analyse]] = {
    "standard": words,
    "simple": _small_letters,
    "whitespace": _spaced,
    "keyword": _whole,
}
_TOKENIZERS: Final[Mapping[str, Analyse]] = {
    "standard": split_words,
    "whitespace": _spaced,
    "keyword": _whole,
    "letter": _letters,
    "lowercase": _small_letters,
}
_FILTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "lowercase": str.lower,
    "uppercase": str.upper,
    "trim": str.strip,
}
