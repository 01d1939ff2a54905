"""What delete by query, update by query and reindex share: options, and the writes of the documents that were found.

(docs/reference/documents.md, "By query")
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from mockflow.cluster.client_documents import Done, Writer
from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request, item_error
from mockflow.core.opensearch.documents.write import Write
from mockflow.core.opensearch.java import as_double
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.search.errors import SearchError, not_supported, parsing
from mockflow.core.opensearch.search.fields import Stored
from mockflow.server.endpoints.core_errors import as_exception, as_refusal
from mockflow.server.endpoints.documents.common import read_refresh, whole
from mockflow.server.endpoints.documents.pipelines import pipelines_for
from mockflow.server.endpoints.kept_tasks import told_by_task
from mockflow.server.endpoints.request_options import read_wait_for_shards
from mockflow.server.rest.call import Call, Reply
from mockflow.server.rest.errors import Refusal, illegal_argument
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.worker import keep_out_of_collection

Found = Sequence[tuple[str, Stored]]
"""Documents with the names of their indices."""
Work = Callable[[], Awaitable[Reply]]
MakeWrite = Callable[[str, Stored], Write]


@dataclass(frozen=True)
class Options:
    """What a request says of the whole, in its parameters or in its body."""

    most: int | None
    """The most documents that are written."""
    proceeds: bool
    """Whether it goes on after a version conflict."""
    per_second: float
    """``requests_per_second``, which has no effect; -1.0 without a limit."""
    waits: bool
    """Whether the response has the outcome; else it names a task."""


def read_options(call: Call, body: Mapping[str, Any]) -> Options:
    """The options. 400 for bad values, and for what mockflow lacks."""
    parameters = call.parameters
    parameters.time("timeout")
    read_wait_for_shards(parameters)
    read_refresh(parameters)
    _read_slices(parameters)
    waits = parameters.boolean("wait_for_completion", True)
    conflicts = parameters.text("conflicts") or body.get("conflicts", "abort")
    if conflicts not in ("proceed", "abort"):
        raise illegal_argument(f'conflicts may only be "proceed" or "abort" but was [{conflicts}]')
    most = _most(whole(parameters, "max_docs"), body.get("max_docs"))
    return Options(most, conflicts == "proceed", _per_second(parameters), waits)


async def answered(call: Call, operation: str, description: str, options: Options, work: Work) -> Reply:
    """The outcome of the work, or the task that has it (AbstractBaseReindexRestHandler)."""
    if options.waits:
        return await work()
    world, began = call.world, call.world.now()
    outcome: dict[str, Any]
    try:
        reply = await work()
        outcome = {"response": reply.content}
    except (SearchError, RefusedError) as error:
        outcome = {"error": as_refusal(error, call).body["error"]}
    except Refusal as refusal:
        outcome = {"error": refusal.body["error"]}
    return told_by_task(world, operation, description, began, outcome)


async def carry_out(call: Call, found: Found, write_of: MakeWrite, options: Options, counted: Sequence[str]) -> Reply:
    """Writes what was found. `counted` are the results that the response has, such as ``updated``."""
    found = found[: options.most]
    failures: list[dict[str, Any]] = []
    counts = dict.fromkeys(("updated", "created", "deleted"), 0)
    conflicts = done = 0
    began, writer = perf_counter(), Writer(call.world, pipelines_for(call.world, call.request))
    while done < len(found):
        if perf_counter() - began > _TURN:
            if len(found) > _MANY:
                keep_out_of_collection()
            await asyncio.sleep(0)
            began, writer = perf_counter(), Writer(call.world, pipelines_for(call.world, call.request))
        index, document = found[done]
        done += 1
        write = write_of(index, document)
        outcome = _written(writer, write)
        if isinstance(outcome, Done):
            counts[_counted_as(write, outcome)] += 1
        else:
            conflicts += outcome.kind == _CONFLICT
            if outcome.kind != _CONFLICT or not options.proceeds:
                cause = item_error(outcome)
                failures.append({"index": write.index, "id": document.id, "cause": cause, "status": outcome.status})
        if failures and done % _BATCH == 0:
            break
    status = max([200, *(failure["status"] for failure in failures)])
    told = {
        "took": 1,
        "timed_out": False,
        "total": len(found),
        **{result: count for result, count in counts.items() if result in counted},
        "batches": -(-done // _BATCH),
        "version_conflicts": conflicts,
        "noops": 0,
        "retries": {"bulk": 0, "search": 0},
        "throttled_millis": 0,
        "requests_per_second": options.per_second,
        "throttled_until_millis": 0,
        "failures": failures,
    }
    return Reply(status, told)


def _written(writer: Writer, write: Write) -> Done | DocumentError:
    try:
        return writer.write(write)
    except (DocumentError, RefusedError) as error:
        return error if isinstance(error, DocumentError) else as_exception(error)


def _counted_as(write: Write, done: Done) -> str:
    """A document that a pipeline drops counts as updated (AbstractAsyncBulkByScrollAction.onBulkResponse)."""
    if write.kind == "delete":
        return "deleted"
    return "created" if done.written.result == "created" else "updated"


def _read_slices(parameters: Parameters) -> None:
    text = parameters.text("slices")
    if text in (None, "auto", "1"):
        return
    if not text or not text.isascii() or not text.isdigit() or int(text) < 1:
        raise illegal_argument(f'[slices] must be a positive integer or the string "auto", but was [{text}]')
    raise not_supported(f"[slices={text}]", ("[slices=1]",))


def _per_second(parameters: Parameters) -> float:
    text = parameters.text("requests_per_second")
    if text is None:
        return -1.0
    try:
        number = as_double(text)
    except ValueError:
        number = 0.0
    if number != -1 and not number > 0:
        raise illegal_argument("[requests_per_second] must be a float greater than 0. Use -1 to disable throttling.")
    return -1.0 if number == float("inf") else number


def _most(of_line: int | None, of_body: Any) -> int | None:
    """The most documents that are written (AbstractBulkByScrollRequest.setMaxDocs and validate)."""
    if of_body is not None and (isinstance(of_body, bool) or not isinstance(of_body, int)):
        raise parsing("[max_docs] of the body has to be a whole number")
    if None not in (of_line, of_body) and of_line != of_body:
        raise illegal_argument(f"[max_docs] set to two different values [{of_body}] and [{of_line}]")
    most: int | None = of_body if of_line is None else of_line
    if most is not None and most < 0:
        raise illegal_argument(f"[max_docs] parameter cannot be negative, found [{most}]")
    if most == 0:
        raise invalid_request(
            "maxDocs should be greater than 0 if the request is limited to some number of documents or -1 if it isn't "
            "but it was [0]"
        )
    return most


_TURN: Final = 0.01  # seconds that a request may hold the loop
_MANY: Final = 1_000  # documents whose objects would make garbage collection hold the loop
_BATCH: Final = 1000
_CONFLICT: Final = "version_conflict_engine_exception"
