"""The actions of ``POST /_aliases``, read and in the form in which aliases are shown (IndicesAliasesRequest)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.refusal import RefusedError


@dataclass(frozen=True)
class AliasAction:
    """One action on index expressions and aliases; `options` are those of an alias that is added."""

    kind: str
    """``add``, ``remove`` or ``remove_index``."""
    indices: tuple[str, ...]
    aliases: tuple[str, ...]
    options: Mapping[str, Any]


def read_actions(body: Mapping[str, Any]) -> list[AliasAction]:
    """The actions of a body. Raises RefusedError."""
    for key in body:
        if key != "actions":
            raise RefusedError(f"[aliases] unknown field [{key}]", "XContentParseException")
    given = body.get("actions")
    if not isinstance(given, list) or not given:
        raise RefusedError("Validation Failed: 1: Must specify at least one alias action;", _VALIDATION)
    if len(given) > _MOST:
        raise RefusedError(f"mockflow does not support more than {_MOST} actions on aliases in one request")
    return [_action(one) for one in given]


def shown_alias(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an alias as ``GET /_alias`` shows them: ``routing`` becomes two."""
    routing = options.get("routing")
    index_routing = options.get("index_routing", routing)
    search_routing = options.get("search_routing", routing)
    shown = {
        "filter": options.get("filter"),
        "index_routing": index_routing,
        "search_routing": search_routing,
        "is_write_index": options.get("is_write_index"),
        "is_hidden": options.get("is_hidden"),
    }
    return {key: str(value) if key in _ROUTINGS else value for key, value in shown.items() if value is not None}


def write_index(name: str, aliases: Mapping[str, Mapping[str, bool | None]]) -> str:
    """The index that a write to an index or alias goes to. Raises RefusedError for an alias without one.

    `aliases` are alias -> index -> ``is_write_index``.
    """
    indices = aliases.get(name)
    if indices is None:
        return name
    writer = next((index for index, writes in indices.items() if writes), None)
    if writer is None and len(indices) == 1 and None in indices.values():
        writer = next(iter(indices))
    if writer is None:
        raise RefusedError(
            f"no write index is defined for alias [{name}]. The write index may be explicitly disabled using "
            "is_write_index=false or the alias points to multiple indices without one being designated as a write index"
        )
    return writer


def _action(given: Any) -> AliasAction:
    if not isinstance(given, Mapping) or len(given) != 1:
        raise RefusedError("Must specify at least one alias action", "XContentParseException")
    ((kind, body),) = given.items()
    if kind not in _KINDS or not isinstance(body, Mapping):
        raise RefusedError(f"[alias_action] unknown field [{kind}]", "XContentParseException")
    for key in body:
        if key not in _KEYS:
            raise RefusedError(f"[{kind}] unknown field [{key}]", "XContentParseException")
    indices, aliases = (_names(body, *keys) for keys in (("index", "indices"), ("alias", "aliases")))
    if not indices:
        raise RefusedError("One of [index] or [indices] is required")
    if kind != "remove_index" and not aliases:
        raise RefusedError("One of [alias] or [aliases] is required")
    options = shown_alias(body) if kind == "add" else {}
    return AliasAction(kind, indices, aliases, options)


def _names(body: Mapping[str, Any], one: str, several: str) -> tuple[str, ...]:
    value = body.get(one, body.get(several))
    names = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(str(name) for name in names)


_VALIDATION: Final = "ActionRequestValidationException"
_MOST: Final = 1_000
_KINDS: Final = frozenset({"add", "remove", "remove_index"})
_ROUTINGS: Final = frozenset({"index_routing", "search_routing"})
_KEYS: Final = frozenset(
    {
        *("index", "indices", "alias", "aliases", "filter", "routing", "index_routing", "search_routing"),
        *("is_write_index", "is_hidden", "must_exist"),
    }
)
