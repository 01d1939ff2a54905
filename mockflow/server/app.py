"""The handler between aiohttp and a cluster, and the cluster as an aiohttp Application to embed or test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from aiohttp import HttpVersion11
from aiohttp.helpers import AppKey
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse

from mockflow.cluster import Cluster, StuckError
from mockflow.cluster.worlds import PREFIX as WORLD_PREFIX
from mockflow.cluster.worlds import UnknownWorldError
from mockflow.server.answer import answer
from mockflow.server.control.errors import refused
from mockflow.server.control.guard import MAX_BODY as MAX_CONTROL_BODY
from mockflow.server.control.guard import ControlGuard
from mockflow.server.control.paths import PREFIX, is_control, is_routine
from mockflow.server.failures import cut_off, failed
from mockflow.server.http.broken import BrokenSender
from mockflow.server.http.limits import Limits
from mockflow.server.http.messages import AccessLog, Request, Response, StreamedResponse
from mockflow.server.http.senders import NoResponse, ResponseSender, StreamSender
from mockflow.server.rest.errors import UnknownMethodError, bad_http, too_many_bodies

if TYPE_CHECKING:
    from aiohttp import web

CLUSTER: Final = AppKey("cluster", Cluster)


class AppResponse(StreamResponse):
    """A sender as the StreamResponse that an Application requires."""

    def __init__(self, sender: ResponseSender) -> None:
        super().__init__(status=sender.status)
        self._sender = sender

    @property
    def keep_alive(self) -> bool:
        return self._sender.keep_alive

    async def prepare(self, request: BaseRequest) -> None:
        await self._sender.prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:
        await self._sender.write_eof()


Handle = Callable[[BaseRequest], Awaitable[ResponseSender]]
AnswerClient = Callable[[Cluster, Request], Awaitable[Response]]


def handler(
    default: Cluster,
    access_log: AccessLog | None = None,
    guard: ControlGuard | None = ControlGuard(),  # noqa: B008 - a value
    limits: Limits = Limits(),  # noqa: B008
    *,
    answer_client: AnswerClient | None = None,
) -> Handle:
    """The handler of all requests, for an Application and for the low-level Server.

    Requests under /_mockflow go to the control API, if `guard` admits them. Without a guard there is no control API.
    All other requests go to `answer_client`; its default is `answer`, which answers as OpenSearch. What is below
    /_world/NAME goes to a further cluster of `default` in the same way.
    """
    bodies = _BodyReader(limits)
    answer_other = answer_client or answer

    async def handle(incoming: BaseRequest) -> ResponseSender:
        began = time.perf_counter() if access_log else 0.0
        request = Request(incoming.method, incoming.raw_path, incoming.headers)
        cluster, refusal = default, None
        if request.target.startswith(WORLD_PREFIX):
            try:
                cluster, request.target = default.worlds.find(request.target)
                request.world = cluster.path
            except UnknownWorldError as error:
                refusal = refused(404, f'no world "{error}"; POST {PREFIX}/worlds makes one')
        for_control = request.target.startswith(PREFIX) and guard is not None and is_control(request.target)
        if for_control and guard:
            refusal = guard.refusal(request)
        if refusal is None and incoming.body_exists:
            limit, too_large = (MAX_CONTROL_BODY, _CONTROL_TOO_LARGE) if for_control else (limits.max_body, _TOO_LARGE)
            refusal = await bodies.read(incoming, request, limit, too_large)
        response = refusal
        if response is None:
            try:
                answer_it = _answer_control if for_control else answer_other
                response = await answer_it(cluster, request)
            except StuckError:
                cut_off(cluster)
                return NoResponse()
            except UnknownMethodError:
                return NoResponse()
            except Exception:
                response = failed(request)
            finally:
                if request.body:
                    bodies.release(request)
        if access_log and not (for_control and response.status < 400 and is_routine(request)):
            access_log(request, response.status, time.perf_counter() - began)
        if response.connection is not None:
            return BrokenSender(response, incoming)
        if isinstance(response, StreamedResponse):
            return StreamSender(response, incoming)
        return ResponseSender(response, incoming, keep_alive=refusal is None)

    return handle


async def _answer_control(cluster: Cluster, request: Request) -> Response:
    from mockflow.server.control.answer import answer_in_loop  # on first use

    return await answer_in_loop(cluster, request)


_TOO_LARGE: Final = Response(413, content_type="")
_CONTROL_TOO_LARGE: Final = refused(
    413, f"the body is larger than {MAX_CONTROL_BODY // 2**20} MiB; load the scenarios in several parts"
)


class _BodyReader:
    """Reads bodies, and counts the bytes of all bodies in progress."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0

    async def read(self, incoming: BaseRequest, request: Request, limit: int, too_large: Response) -> Response | None:
        """Reads the body into `request`; returns a response if it is larger than `limit` or cannot be decompressed.

        If the body does not arrive in time, the connection is closed without a response.
        """
        length = incoming.content_length
        if length is not None and length > limit:
            return too_large
        if incoming.headers.get("Expect", "").lower() == "100-continue" and incoming.version == HttpVersion11:
            await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._limits.read_timeout, _abort, incoming)
        chunks, size = [], 0
        try:
            while chunk := await incoming.content.readany():
                size += len(chunk)
                self._bytes += len(chunk)
                if size > limit:
                    return too_large
                if self._bytes > self._limits.max_bodies:
                    refusal = too_many_bodies(self._bytes, self._limits.max_bodies)
                    return refusal.response()
                chunks.append(chunk)
            request.body = b"".join(chunks)
            size = 0
        except (HttpProcessingError, RequestPayloadError) as error:
            incoming.content.feed_eof()  # otherwise aiohttp reads on, and logs the same error
            refusal = bad_http(str(error))
            return refusal.response()
        finally:
            self._bytes -= size  # of a refused or incomplete body
            timer.cancel()
        return None

    def release(self, request: Request) -> None:
        """Subtracts the body of an answered request."""
        self._bytes -= len(request.body)


def _abort(incoming: BaseRequest) -> None:
    if incoming.transport is not None:
        incoming.transport.abort()


def create_app(cluster: Cluster) -> web.Application:
    """The cluster as an aiohttp Application with one catch-all route; it answers as `mockflow serve` does."""
    from aiohttp import web  # a server of its own needs none of it

    app = web.Application()
    app[CLUSTER] = cluster
    handle = handler(cluster)

    async def handle_in_app(incoming: web.Request) -> AppResponse:
        return AppResponse(await handle(incoming))

    app.router.add_route("*", "/{path:.*}", handle_in_app, expect_handler=_leave_to_handler)

    async def end_waits(_: web.Application) -> None:
        cluster.end()

    app.on_shutdown.append(end_waits)
    return app


async def _leave_to_handler(_: web.Request) -> None:
    """The handler itself answers Expect: 100-continue."""
