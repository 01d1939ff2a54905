"""Points in time: open, list, end, and the searches in them (docs/reference/documents.md, "Points in time")."""

from collections.abc import Iterable
from typing import Any

from mockflow.cluster import World, index_listing
from mockflow.cluster.client_documents import new_id
from mockflow.cluster.stores import MAX_POINTS_IN_TIME, PointInTime
from mockflow.core.base.bounds import SCROLL_HITS
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.search import SearchError
from mockflow.core.opensearch.search.errors import object_parser, parsing
from mockflow.core.opensearch.search.request import Searched
from mockflow.core.opensearch.values import BadValueError, time_value
from mockflow.server.endpoints.documents.searched import searched_indices
from mockflow.server.endpoints.request_options import check_keep_alive, read_indices_options
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import bad_value, illegal_argument

_LIMIT = "point_in_time.max_keep_alive"


def create_pit(call: Call) -> Action:
    """POST /{index}/_search/point_in_time."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    call.parameters.boolean("allow_partial_pit_creation")
    for name in ("preference", "routing"):
        call.parameters.text(name)
    keep_alive = call.parameters.time("keep_alive")
    if keep_alive is None:
        raise invalid_request("keep alive not specified")
    check_keep_alive(keep_alive, call.parameters.text("keep_alive"), _LIMIT)
    expression = call.path_value("index")

    def act() -> Reply:
        world = call.world
        searched = searched_indices(call, expression, options)
        open_ones = _living(world)
        held = sum(len(one.documents) for pit in open_ones.values() for one in pit.searched)
        if len(open_ones) >= MAX_POINTS_IN_TIME or held + sum(len(one.documents) for one in searched) > SCROLL_HITS:
            reason = (
                "Trying to create too many Point In Time contexts. Must be less than or equal to: "
                f"[{MAX_POINTS_IN_TIME}]. This limit can be set by changing the [search.max_open_pit_context] setting."
            )
            raise SearchError("rejected_execution_exception", reason, status=429)
        id = new_id(world, "point in time")
        made = {one.index: index_listing.created(world, one.index) for one in searched}
        open_ones[id] = PointInTime(searched, made, world.now(), keep_alive, world.now() + keep_alive)
        shards = sum(one.shards for one in searched)
        counts = {"total": shards, "successful": shards, "skipped": 0, "failed": 0}
        return Reply(200, {"pit_id": id, "_shards": counts, "creation_time": world.now()})

    return act


def get_all_pits(call: Call) -> Action:
    """GET /_search/point_in_time/_all."""

    def act() -> Reply:
        pits = _living(call.world)
        told = [{"pit_id": id, "creation_time": pit.created, "keep_alive": pit.keep_alive} for id, pit in pits.items()]
        return Reply(200, {"pits": told})

    return act


def delete_pits(call: Call) -> Action:
    """DELETE /_search/point_in_time. One that is gone counts as ended (SearchService.freeReaderContextsIfFound)."""
    body = read_object(call)
    for key in body:
        if key != "pit_id":
            raise illegal_argument(f"Unknown parameter [{key}] in request body or parameter is of the wrong type")
    given = body.get("pit_id", [])
    ids = [str(id) for id in (given if isinstance(given, list) else [given])]
    if not ids:
        raise invalid_request("no pit ids specified")
    return lambda: _ended(call.world, ids)


def delete_all_pits(call: Call) -> Action:
    """DELETE /_search/point_in_time/_all."""
    return lambda: _ended(call.world, list(_living(call.world)))


def read_pit(call: Call, body: dict[str, Any], *, is_scroll: bool) -> tuple[str, int | None] | None:
    """The id and the new ``keep_alive`` (ms) of a search in a point in time, taken out of its body; None in others."""
    if not isinstance(body.get("pit"), dict):
        return None
    pit = body.pop("pit")
    for key in pit:
        if key not in ("id", "keep_alive"):
            raise object_parser(f"[pit] unknown field [{key}]").at(pit, key, "key")
    if pit.get("id") is None:
        raise parsing("point int time id is not provided")
    problems = [
        f"[{name}] cannot be used with point in time"
        for name, is_given in (
            ("indices", bool(call.value("index"))),
            ("indicesOptions", any(call.parameters.has(one) for one in _INDICES_OPTIONS)),
            ("routing", call.parameters.has("routing")),
            ("preference", call.parameters.has("preference")),
        )
        if is_given
    ]
    if is_scroll:
        problems.append("using [point in time] is not allowed in a scroll context")
    if problems:
        raise invalid_request(*problems)
    text = pit.get("keep_alive")
    try:
        keep_alive = None if text is None else time_value("keep_alive", str(text))
    except BadValueError as error:
        raise bad_value(error) from None
    check_keep_alive(keep_alive, str(text), _LIMIT)
    return str(pit["id"]), keep_alive


def searched_in(world: World, id: str, keep_alive: int | None) -> list[Searched]:
    """The indices of a point in time, which is kept longer. 404 for one that has ended."""
    pit = _living(world).get(id)
    if pit is None:
        cause = SearchError("search_context_missing_exception", f"No search context found for id [{id}]")
        meta = {"phase": "query", "grouped": True, "failed_shards": []}
        raise SearchError(
            "search_phase_execution_exception", "all shards failed", meta=meta, caused_by=cause, root=cause, status=404
        )
    if keep_alive is not None:
        pit.keep_alive, pit.ends = keep_alive, max(pit.ends, world.now() + keep_alive)
    return pit.searched


def _living(world: World) -> dict[str, PointInTime]:
    """Those that have not ended. The others are forgotten."""
    pits = world.stores.points_in_time
    for id, pit in list(pits.items()):
        if pit.ends < world.now() or any(index_listing.created(world, one) != made for one, made in pit.made.items()):
            del pits[id]
    return pits


def _ended(world: World, ids: Iterable[str]) -> Reply:
    told = []
    for id in ids:
        world.stores.points_in_time.pop(id, None)
        told.append({"successful": True, "pit_id": id})
    return Reply(200, {"pits": told})


_INDICES_OPTIONS = ("expand_wildcards", "ignore_unavailable", "allow_no_indices", "ignore_throttled")
