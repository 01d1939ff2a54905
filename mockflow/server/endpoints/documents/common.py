"""What the endpoints of documents share: parameters of writes, and the form of their results."""

from dataclasses import replace
from typing import Any, Final, NamedTuple

from mockflow.cluster.client_documents import Done, Writer
from mockflow.core.base.json_writer import compact_in_parts
from mockflow.core.opensearch.documents.document_store import Conditions, VersionType
from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request
from mockflow.core.opensearch.documents.write import Ahead, Write, read_ahead
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.search.source import SourceFilter
from mockflow.core.plugin.status import Document
from mockflow.server.endpoints.request_options import read_wait_for_shards
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.worker import in_thread

_VERSION_TYPES: Final = ("internal", "external", "external_gte")
_STATUS: Final = {"created": 201, "not_found": 404}


class WriteOptions(NamedTuple):
    """The parameters of a single write."""

    conditions: Conditions
    routing: str | None
    is_refreshed: bool


def read_write_options(parameters: Parameters, *, is_create: bool = False) -> WriteOptions:
    """The parameters that index, create, update and delete have. 400 for bad values."""
    parameters.time("timeout")
    read_wait_for_shards(parameters)
    conditions = Conditions(
        is_create,
        whole(parameters, "version"),
        _version_type(parameters),
        whole(parameters, "if_seq_no"),
        whole(parameters, "if_primary_term"),
    )
    problems = []
    if is_create and (conditions.version is not None or conditions.version_type != "internal"):
        shown = conditions.version_type.upper()
        problems.append(
            f"create operations only support internal versioning. use index instead: version type is [{shown}]"
        )
    if (conditions.if_seq_no is None) != (conditions.if_primary_term is None):
        which = "ifSeqNo is set, but primary term is [0]"
        if conditions.if_seq_no is None:
            which = f"ifSeqNo is unassigned, but primary term is [{conditions.if_primary_term}]"
        problems.append(which)
    if problems:
        raise invalid_request(*problems)
    return WriteOptions(conditions, parameters.text("routing"), read_refresh(parameters))


async def read_large(writer: Writer, write: Write) -> Write:
    """The write with its document read ahead, in another thread."""
    document = write.document or {}
    try:
        mapping = writer.mapping_of(write)
    except (DocumentError, RefusedError):  # its turn will tell
        return replace(write, ahead=Ahead(document, None, None))
    return replace(write, ahead=await in_thread(read_ahead, write.id or "", document, mapping))


def written(body: dict[str, Any]) -> Document:
    """A response that is written now. What is large is written in another thread."""
    return Document(body, compact_in_parts(body))


def read_refresh(parameters: Parameters) -> bool:
    """Whether the response tells of a forced refresh. 400 for an unknown policy."""
    text = parameters.text("refresh")
    if text not in (None, "", "true", "false", "wait_for"):
        raise illegal_argument(f"Unknown value for refresh: [{text}].")
    return text in ("", "true")


def whole(parameters: Parameters, name: str) -> int | None:
    """A parameter that is a whole number; None if it is not there."""
    text = parameters.text(name)
    try:
        return None if text is None else int(text)
    except ValueError:
        cause = {"type": "number_format_exception", "reason": f'For input string: "{text}"'}
        raise illegal_argument(f"Failed to parse int parameter [{name}] with value [{text}]", cause) from None


def read_source_filter(parameters: Parameters) -> SourceFilter | None:
    """The parameters ``_source``, ``_source_includes``, ``_source_excludes``; None if there is none of them."""
    given = parameters.text("_source")
    includes, excludes = (
        tuple(part for part in (parameters.text(name) or "").split(",") if part)
        for name in ("_source_includes", "_source_excludes")
    )
    if given is None and not includes and not excludes:
        return None
    if given in ("true", "false", ""):
        return SourceFilter(given != "false", includes, excludes)
    return SourceFilter(True, (*(given.split(",") if given else ()), *includes), excludes)


def shown_write(done: Done, *, is_refreshed: bool) -> dict[str, Any]:
    """The response to a write. One that wrote nothing has no sequence number (DocWriteResponse.innerToXContent)."""
    written = done.written
    shards = (done.copies, 1, 0) if done.copies else (0, 0, 0)
    return {
        "_index": done.index,
        "_id": written.id,
        "_version": written.version,
        "result": written.result,
        **({"forced_refresh": True} if is_refreshed and done.copies else {}),
        "_shards": dict(zip(("total", "successful", "failed"), shards, strict=True)),
        **({"_seq_no": written.seq_no, "_primary_term": 1} if written.seq_no >= 0 else {}),
    }


def shown_update(done: Done, shown: SourceFilter | None) -> dict[str, Any]:
    """The part ``get`` of the response to an update, which wants what `shown` says of the new document."""
    if shown is None or not shown.fetch or done.source is None:
        return {}
    source = shown.part_of()(done.source)
    return {"get": {"_seq_no": done.written.seq_no, "_primary_term": 1, "found": True, "_source": source}}


def status_of(done: Done) -> int:
    """The status of a write."""
    return _STATUS.get(done.written.result, 200)


def _version_type(parameters: Parameters) -> VersionType:
    text = parameters.text("version_type") or "internal"
    for known in _VERSION_TYPES:
        if text == known or (text == "external_gt" and known == "external"):
            return known
    raise illegal_argument(f"No version type match [{text}]")


def unsupported(what: str) -> DocumentError:
    """400 for what OpenSearch has and mockflow has not."""
    return DocumentError("illegal_argument_exception", f"mockflow does not support {what}")
