"""A cluster as an aiohttp application, and as aiohttp's low-level server."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from mockflow.cluster import Cluster
from mockflow.server.answer import answer
from mockflow.server.http import Request, Response

CLUSTER: Final = web.AppKey("cluster", Cluster)
MAX_BODY: Final = 100 * 1024 * 1024  # OpenSearch's http.max_content_length

AccessLog = Callable[[Request, int, float], None]
"""Called with the request, the status and the seconds it took."""


class WireResponse(web.StreamResponse):
    """An answer whose head and body leave in one write, with OpenSearch's headers and no others."""

    def __init__(self, response: Response, request: web.BaseRequest) -> None:
        super().__init__(status=response.status)
        self._stay_open = request.keep_alive
        self._wire = response.wire(
            accept_encoding=request.headers.get("Accept-Encoding", ""),
            without_body=request.method == "HEAD",
            keep_alive=self._stay_open,
        )

    @property
    def keep_alive(self) -> bool:
        return self._stay_open

    async def prepare(self, request: web.BaseRequest) -> None:
        await request.writer.write(self._wire)

    async def write_eof(self, data: bytes = b"") -> None:
        """Everything has left with the head."""


def handler(
    cluster: Cluster, access_log: AccessLog | None = None
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """The one handler for every request, for an Application and a low-level Server alike."""

    async def handle(incoming: web.BaseRequest) -> web.StreamResponse:
        began = time.perf_counter() if access_log else 0.0
        body = await incoming.read() if incoming.body_exists else b""
        request = Request(incoming.method, incoming.raw_path, incoming.headers, body)
        response = await answer(cluster, request)
        if access_log:
            access_log(request, response.status, time.perf_counter() - began)
        return WireResponse(response, incoming)

    return handle
