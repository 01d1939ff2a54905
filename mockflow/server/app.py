"""The handler between aiohttp and a cluster, and the cluster as an aiohttp Application to embed or test."""

from __future__ import annotations

import asyncio
import logging
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
from mockflow.core.base.bounds import REPEATED_RESPONSE
from mockflow.core.base.secrets import target_without_secrets
from mockflow.server.answer import answer
from mockflow.server.control.errors import refused
from mockflow.server.control.guard import MAX_BODY as MAX_CONTROL_BODY
from mockflow.server.control.guard import ControlGuard
from mockflow.server.control.paths import PREFIX, is_control, is_routine
from mockflow.server.http.broken import BrokenSender
from mockflow.server.http.limits import Limits
from mockflow.server.http.messages import ACCEPT_ENCODING, Request, Response, StreamedResponse
from mockflow.server.http.senders import NoResponse, ResponseSender, StreamSender
from mockflow.server.rest.errors import UnknownMethodError, bad_http, internal_error, too_many_bodies

if TYPE_CHECKING:
    from aiohttp import web

log: Final = logging.getLogger("mockflow")

CLUSTER: Final = AppKey("cluster", Cluster)

AccessLog = Callable[[Request, int, float], None]
"""Called with the request, the response's status and the seconds from one to the other."""


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
                _cut_off(cluster)
                return NoResponse()
            except UnknownMethodError:
                return NoResponse()
            except Exception:
                response = _internal_error(request)
            finally:
                if request.body:
                    bodies.release(request)
        if access_log and not (for_control and response.status < 400 and is_routine(request)):
            access_log(request, response.status, time.perf_counter() - began)
        if response.connection is not None:
            return BrokenSender(response, incoming)
        if isinstance(response, StreamedResponse):
            return StreamSender(response, incoming)
        sender = ResponseSender(response, incoming, keep_alive=refusal is None)
        if response.again is not None and sender.keep_alive:
            sender.again = _Again(cluster, request, response.again, access_log)
        return sender

    return handle


async def _answer_control(cluster: Cluster, request: Request) -> Response:
    from mockflow.server.control.answer import answer_in_loop  # on first use

    return await answer_in_loop(cluster, request)


class _Again:
    """Answers a repeated request on the fast lane, with the access log and the errors of `handle`."""

    __slots__ = ("_access_log", "_again", "_bytes", "_cluster", "_request", "_response")

    def __init__(
        self, cluster: Cluster, request: Request, again: Callable[[], Response | None], access_log: AccessLog | None
    ) -> None:
        self._cluster = cluster
        self._request = request
        self._again = again
        self._access_log = access_log
        self._response: Response | None = None
        self._bytes = b""
        """The bytes of `_response`."""

    def __call__(self) -> bytes | None:
        began = time.perf_counter() if self._access_log else 0.0
        try:
            response = self._again()
        except StuckError:
            _cut_off(self._cluster)
            raise ConnectionResetError from None
        except Exception:
            response = _internal_error(self._request)
        if response is None:
            return None
        written = self._bytes
        if response is not self._response:
            written = response.to_bytes(accept_encoding=self._request.headers.get(ACCEPT_ENCODING, ""))
            if len(written) <= REPEATED_RESPONSE:
                self._response, self._bytes = response, written
        if self._access_log:
            self._access_log(self._request, response.status, time.perf_counter() - began)
        return written


def _cut_off(cluster: Cluster) -> None:
    if cluster.on_cut_off:
        cluster.on_cut_off()


def _internal_error(request: Request) -> Response:
    target = target_without_secrets(request.world + request.target)
    log.exception("internal error of mockflow at %s %s", request.method, target)
    error = internal_error()
    return error.response()


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
