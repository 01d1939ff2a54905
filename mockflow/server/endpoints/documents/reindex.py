"""Copies documents of indices into another one, without scripts (docs/reference/documents.md, "Reindex")."""

from collections.abc import Iterable
from dataclasses import replace

from mockflow.cluster import World, index_listing
from mockflow.cluster.client_documents import no_such_index
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.documents.reindex_request import Reindex, in_source, read_reindex
from mockflow.core.opensearch.indices.alias_actions import write_index
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.core.opensearch.search.fields import Stored
from mockflow.core.opensearch.search.request import Rules, Searched, check_request, results_of
from mockflow.server.endpoints.documents.by_scroll import answered, carry_out, read_options
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import explained, rules_of, text_of
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.worker import LARGE, in_thread

_COUNTED = ("updated", "created", "deleted")


def reindex(call: Call) -> Action:
    """POST /_reindex."""
    if call.parameters.has("pipeline"):
        raise illegal_argument(
            "_reindex doesn't support [pipeline] as a query parameter. Specify it in the [dest] object instead."
        )
    call.parameters.time("scroll")
    require_alias = call.parameters.boolean("require_alias")
    body = read_object(call)
    copy = explained(text_of(call), body, lambda: read_reindex(body, require_alias=require_alias))
    most = body.get("max_docs", body.get("size"))
    options = read_options(call, {**body, "max_docs": most})
    rules = rules_of(call, is_scroll=True)

    async def act() -> Reply:
        if len(call.request.body) > LARGE:
            await in_thread(_check, copy, rules)
        else:
            _check(copy, rules)
        return await answered(call, "reindex", f"reindex from [{copy.source}] to [{copy.target}]", options, work)

    async def work() -> Reply:
        searched = searched_indices(call, copy.source)
        _check_target(call.world, copy, [one.index for one in searched])
        large = is_large(searched, len(call.request.body))
        found = await in_thread(_found, searched, copy, rules) if large else _found(searched, copy, rules)
        return await carry_out(call, found, copy.write, options, _COUNTED)

    return act


def _check(copy: Reindex, rules: Rules) -> None:
    try:
        check_request(copy.search, rules)
    except SearchError as error:
        raise in_source(error) from None


def _found(searched: list[Searched], copy: Reindex, rules: Rules) -> list[tuple[str, Stored]]:
    results = results_of(searched, copy.search, rules)
    part_of = results.shown.part_of()
    return [
        (match.of_index, replace(match.document, source=part_of(match.document.source))) for match, _ in results.rows
    ]


def _check_target(world: World, copy: Reindex, sources: Iterable[str]) -> None:
    """Refuses to write into an index that is read (ReindexValidator)."""
    aliases: dict[str, dict[str, bool | None]] = {}
    for row in index_listing.aliases(world):
        aliases.setdefault(row.alias, {})[row.index] = row.write_index
    if copy.require_alias and copy.target not in aliases:
        reason = f"[require_alias] request flag is [true] and [{copy.target}] is not an alias"
        raise no_such_index(copy.target, f"no such index [{copy.target}] and {reason}")
    target = write_index(copy.target, aliases)
    if target in sources:
        raise invalid_request(f"reindex cannot write into an index its reading from [{target}]")
