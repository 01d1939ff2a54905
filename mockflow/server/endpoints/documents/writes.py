"""Index, create, update and delete of one document (docs/reference/documents.md, "Documents")."""

from collections.abc import Awaitable
from urllib.parse import quote

from mockflow.cluster.client_documents import Done, Writer
from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.documents.document_store import Conditions
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.documents.partial_update import read_update
from mockflow.core.opensearch.documents.write import Kind, Write, no_object, unreadable_source
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.core.opensearch.search.source import SourceFilter
from mockflow.server.endpoints.documents.common import (
    WriteOptions,
    read_large,
    read_source_filter,
    read_write_options,
    shown_update,
    shown_write,
    status_of,
    whole,
)
from mockflow.server.endpoints.documents.pipelines import pipelines_for
from mockflow.server.rest.body import read_value
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.content import decode_content
from mockflow.server.rest.errors import illegal_argument, object_error
from mockflow.server.rest.worker import LARGE


def index_document(call: Call) -> Action:
    """POST /{index}/_doc, PUT and POST /{index}/_doc/{id}."""
    given = call.parameters.text("op_type")
    if given not in (None, "index", "create"):
        raise illegal_argument(f"opType must be 'create' or 'index', found: [{given}]")
    return _index(call, is_create=given == "create")


def create_document(call: Call) -> Action:
    """PUT and POST /{index}/_create/{id}."""
    given = call.parameters.text("op_type")
    if given not in (None, "create"):
        raise illegal_argument(f"opType must be 'create', found: [{given}]")
    return _index(call, is_create=True)


def _index(call: Call, *, is_create: bool) -> Action:
    options = read_write_options(call.parameters, is_create=is_create)
    pipeline = call.parameters.text("pipeline")
    require_alias = call.parameters.boolean("require_alias")
    call.ignore_body()
    if not call.request.body:
        raise object_error(400, "parse_exception", "request body is required")
    source, error = None, None
    try:
        value = decode_content(call.request)
    except MalformedJsonError as failed:
        error = unreadable_source(failed, call.world.version.behaviour.jackson)
    except ContentError:
        error = no_object()
    else:
        source, error = (value, None) if isinstance(value, dict) else (None, no_object())
    kind: Kind = "create" if is_create else "index"
    id = call.path_value("id") if "id" in call.path_names else None
    write = Write(
        kind, call.path_value("index"), id, source, None, options.conditions, options.routing, pipeline,
        require_alias, error, len(call.request.body),
    )  # fmt: skip
    return _acting(call, write, options)


def delete_document(call: Call) -> Action:
    """DELETE /{index}/_doc/{id}."""
    options = read_write_options(call.parameters)
    write = Write(
        "delete", call.path_value("index"), call.path_value("id"), None, None, options.conditions, options.routing
    )
    return _acting(call, write, options)


def update_document(call: Call) -> Action:
    """POST /{index}/_update/{id}."""
    options = read_write_options(call.parameters)
    whole(call.parameters, "retry_on_conflict")
    call.parameters.text("lang")
    require_alias = call.parameters.boolean("require_alias")
    by_parameter = read_source_filter(call.parameters)
    call.ignore_body()
    if not call.request.body:
        raise invalid_request("script or doc is missing")
    value = read_value(call.request, call.world.version)
    try:
        update = read_update(value)
    except SearchError as error:
        error.locate(call.request.body.decode("utf-8", "replace"), value)
        raise
    conditions = options.conditions
    if isinstance(value, dict) and value.get("if_seq_no") is not None:
        conditions = Conditions(if_seq_no=value["if_seq_no"], if_primary_term=value.get("if_primary_term"))
    write = Write(
        "update", call.path_value("index"), call.path_value("id"), None, update, conditions, options.routing,
        require_alias=require_alias, size=len(call.request.body),
    )  # fmt: skip
    return _acting(call, write, options, by_parameter or update.source)


def _acting(call: Call, write: Write, options: WriteOptions, shown: SourceFilter | None = None) -> Action:
    def writer() -> Writer:
        return Writer(call.world, pipelines_for(call.world, call.request))

    async def act_on_large() -> Reply:
        return act_on(await read_large(writer(), write))

    def act() -> Reply | Awaitable[Reply]:
        return act_on_large() if write.size > LARGE else act_on(write)

    def act_on(write: Write) -> Reply:
        done = writer().write(write)
        body = {**shown_write(done, is_refreshed=options.is_refreshed), **shown_update(done, shown)}
        return Reply(status_of(done), body, _location(done))

    return act


def _location(done: Done) -> dict[str, str]:
    if done.written.result != "created":
        return {}
    return {"Location": f"/{quote(done.index, safe='')}/_doc/{quote(done.written.id, safe='')}"}
