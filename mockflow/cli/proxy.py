"""`mockflow proxy`: records the requests of a client and the responses of a real cluster."""

import asyncio
import json
import os
import re
import signal
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import Final, cast

import aiohttp
import click
from aiohttp import web
from yarl import URL

from mockflow.cli.environment import EnvironmentCommand
from mockflow.cli.options import ServerUrl, counted
from mockflow.cli.output import Output
from mockflow.cli.serving import cannot_listen
from mockflow.cli.upstream import Upstream, upstream_options
from mockflow.core.base.bounds import CONNECTIONS
from mockflow.core.base.plain_text import plain
from mockflow.core.base.secrets import target_without_secrets, text_without_secrets
from mockflow.recording.exchanges import Exchange
from mockflow.recording.recorder import Recorder
from mockflow.recording.scenario import text_of
from mockflow.server.app import Handle
from mockflow.server.connections.descriptors import fitting, raise_limit, shortage
from mockflow.server.http.limits import Limits
from mockflow.server.http_server import HttpServer

MAX_BODY: Final = 100 * 1024 * 1024  # OpenSearch's http.max_content_length, here for requests and responses
_MAX_HEADER: Final = 64 * 1024
_SAVING_SECONDS: Final = 1
_SAVING_SHARE: Final = 20  # saving takes at most this fraction (1/20) of the time
_AT_ONCE_SECONDS: Final = 0.05
_WAIT_SECONDS: Final = 3600  # a provision may wait for long; the client's own time-out ends it earlier

# Headers of the connection, not of the message (RFC 9110, section 7.6.1), and those that aiohttp writes itself.
_HOP_BY_HOP: Final = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te"),
        *("trailer", "transfer-encoding", "upgrade"),
    }
)
_OURS: Final = frozenset({"host", "content-length", "expect"})
_NEVER_ADDED: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


@click.command(
    cls=EnvironmentCommand,
    context_settings={"auto_envvar_prefix": "MOCKFLOW_PROXY"},
    short_help="Record a client's requests.",
)
@click.option("--to", "url", metavar="URL", type=ServerUrl(), required=True, help="The URL of the real cluster.")
@click.option("-o", "--output", metavar="FILE", required=True, type=click.Path(), help="The scenario file to write.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@upstream_options
@click.option(
    "--max-body",
    default=MAX_BODY,
    type=click.IntRange(1),
    help="The most bytes of a body, sent or received.  [default: 100 MiB]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=9201, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes any free one."
)
@click.option(
    "--max-connections",
    default=CONNECTIONS,
    show_default=True,
    type=click.IntRange(1),
    help="The most connections of clients; a further one gets 429.",
)
@click.option(
    "--read-timeout",
    default=Limits.read_timeout,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="The seconds for a request to arrive, and for its response to be read.",
)
def proxy(
    url: Upstream,
    output: str,
    force: bool,
    max_body: int,
    host: str,
    port: int,
    max_connections: int,
    read_timeout: float,
) -> None:
    """Forward requests of a client to a real cluster, and write what happened as scenarios.

    The client uses the proxy's address in place of the cluster's. Ctrl-C ends it. FILE is written at each change of a
    workflow and once a second, so nothing is lost. It has no secrets.
    """
    limits = Limits(max_connections=max_connections, read_timeout=read_timeout)
    asyncio.run(_Proxy(url, Output(output, force=force), max_body, limits).serve(host, port))


class _Proxy:
    def __init__(self, upstream: Upstream, output: Output, max_body: int, limits: Limits) -> None:
        self._upstream = upstream
        self._limits = limits
        self._max_body = max_body
        self._secure = upstream.ssl_context() if upstream.url.startswith("https:") else True
        self._output = output
        self._began = time.monotonic()
        epoch = time.time()
        day = datetime.fromtimestamp(epoch, timezone.utc).date().isoformat()
        self._recorder = Recorder(int(epoch * 1000), f"Recorded on {day} between a client and its cluster.")
        self._is_saved = True
        self._saving_takes = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def serve(self, host: str, port: int) -> None:
        """Serves until it is interrupted."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        connector = aiohttp.TCPConnector(ssl=self._secure, limit=0)
        server = self._server()
        async with aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NEVER_ADDED,
            timeout=aiohttp.ClientTimeout(total=_WAIT_SECONDS, sock_connect=10),
            max_field_size=_MAX_HEADER,
            max_line_size=_MAX_HEADER,
        ) as self._session:
            saving = asyncio.create_task(self._keep_saving())
            try:
                name, bound = await server.start(host, port)
                click.echo(f"mockflow proxy ready at http://{name}:{bound} for {self._upstream.url}")
                await stop.wait()
            except OSError as error:
                raise click.ClickException(cannot_listen(error, host, port)) from None
            finally:
                saving.cancel()
                await server.stop()
                self._finish()

    def _server(self) -> HttpServer:
        """The server of clients. Each of their connections may need another one, to the cluster."""
        raise_limit(2 * self._limits.max_connections)
        limits = replace(self._limits, max_connections=fitting(2 * self._limits.max_connections) // 2)
        if message := shortage(self._limits.max_connections, limits.max_connections):
            click.echo(message, err=True)
        return HttpServer(cast(Handle, self._handle), limits, passes_on=True)

    # -- one request ---------------------------------------------------------------------------------

    async def _handle(self, incoming: web.BaseRequest) -> "_Passed":
        if refusal := self._refusal(incoming):
            return _Passed.refusal(refusal, incoming)
        began, body = self._now(), b""
        status, headers, content = 0, dict[str, str](), b""  # while there is no response
        try:
            body = await self._read(incoming)
            answer, content = await self._ask(incoming, body)
            status, headers = answer.status, {name.lower(): value for name, value in answer.headers.items()}
            passed = _Passed(status, answer.reason or "", _kept(answer.raw_headers), content, incoming)
        except _RefusedError as error:
            _report(incoming, error)
            passed = _Passed.refusal(error, incoming)
            if not error.is_clusters:
                return passed
        exchange = Exchange(
            began=began,
            ended=self._now(),
            method=incoming.method,
            target=incoming.raw_path,
            request_headers=incoming.headers,
            request_body=body,
            status=status,
            response_headers=headers,
            response_body=content,
        )
        self._note(exchange)
        return passed

    def _refusal(self, incoming: web.BaseRequest) -> "_RefusedError | None":
        """The refusal of a target that is no path: with the cluster's URL before it, it may name another host."""
        if incoming.raw_path.startswith("/"):
            return None
        error = _RefusedError(400, "the request's target does not begin with /; this proxy forwards to one cluster")
        _report(incoming, error)
        return error

    async def _read(self, incoming: web.BaseRequest) -> bytes:
        """The request's body. Raises _RefusedError if it is too large."""
        if not incoming.body_exists:
            return b""
        if incoming.headers.get("Expect", "").lower() == "100-continue":
            await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert incoming.transport is not None
        timer = asyncio.get_running_loop().call_later(self._limits.read_timeout, incoming.transport.abort)
        try:
            return await self._all(incoming.content, _RefusedError(413, "a request of more than"))
        except (ConnectionError, aiohttp.ClientError, web.RequestPayloadError):
            raise _RefusedError(408, "the request's body did not arrive") from None
        finally:
            timer.cancel()

    async def _all(self, stream: aiohttp.StreamReader, refusal: "_RefusedError") -> bytes:
        """The content of a stream. Raises `refusal` if it is too large."""
        chunks, size = [], 0
        async for chunk in stream.iter_any():
            size += len(chunk)
            if size > self._max_body:
                message = f"{refusal} {self._max_body} bytes is not passed on; --max-body permits more"
                raise _RefusedError(refusal.status, message)
            chunks.append(chunk)
        return b"".join(chunks)

    async def _ask(self, incoming: web.BaseRequest, body: bytes) -> tuple[aiohttp.ClientResponse, bytes]:
        """The cluster's response. Raises _RefusedError if there is none, or if it is too large."""
        assert self._session is not None
        url = URL(self._upstream.url + incoming.raw_path, encoded=True)
        try:
            async with self._session.request(
                incoming.method,
                url,
                headers=self._headers(incoming),
                data=body if incoming.body_exists else None,
                allow_redirects=False,
            ) as answer:
                return answer, await self._all(answer.content, _RefusedError(502, "a response of more than"))
        except asyncio.TimeoutError:
            raise _RefusedError(504, f"{self._upstream.url} does not answer in time", is_clusters=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = f"{self._upstream.url} does not answer: {_cause(error)}"
            raise _RefusedError(502, reason, is_clusters=True) from None

    def _headers(self, incoming: web.BaseRequest) -> list[tuple[str, str]]:
        raw = [(name, value) for name, value in _kept(incoming.raw_headers) if name.lower() not in (b"host", b"expect")]
        headers = [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in raw]
        headers = [(name, value) for name, value in headers if name.lower() not in _OURS]
        sent = {name.lower() for name, _ in headers}
        if self._upstream.user and "authorization" not in sent:
            headers.append(("Authorization", aiohttp.BasicAuth(*self._upstream.user, encoding="utf-8").encode()))
        return [
            *headers,
            *((name, value) for name, value in self._upstream.headers.items() if name.lower() not in sent),
        ]

    # -- the file ------------------------------------------------------------------------------------

    def _note(self, exchange: Exchange) -> None:
        self._is_saved = False
        try:
            if self._recorder.add(exchange) and self._saving_takes < _AT_ONCE_SECONDS:
                self._save()
        except Exception as error:  # an error of the recording must not affect the client
            where = f"{exchange.method} {target_without_secrets(exchange.path)}"
            click.echo(plain(f"{where} is not recorded: {error!r}"), err=True)

    def _save(self) -> None:
        began = time.monotonic()
        if scenarios := self._recorder.scenarios():
            with suppress(OSError):  # reported at the end, if it persists
                self._output.write(text_of(scenarios))
        self._is_saved = True
        self._saving_takes = time.monotonic() - began

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(max(_SAVING_SECONDS, self._saving_takes * _SAVING_SHARE))
            if not self._is_saved:
                self._save()

    def _finish(self) -> None:
        scenarios = self._recorder.scenarios()
        for what in self._recorder.left_out:
            click.echo(plain(f"left out: {what}"), err=True)
        if not scenarios:
            click.echo("nothing was recorded: there was no request that a scenario can reproduce", err=True)
            return
        self._output.write_at_last(text_of(scenarios))
        click.echo(f"wrote {self._output.name}: {counted(len(scenarios), 'scenario')}")

    def _now(self) -> int:
        return int((time.monotonic() - self._began) * 1000)


class _RefusedError(Exception):
    """A response of the proxy itself, with its status and reason. `is_clusters`: the cluster does not respond."""

    def __init__(self, status: int, reason: str, *, is_clusters: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.is_clusters = is_clusters


class _Passed:
    """A forwarded response without headers of the connection. It has the interface of aiohttp's responses."""

    def __init__(
        self,
        status: int,
        reason: str,
        headers: Iterable[tuple[bytes, bytes]],
        body: bytes,
        request: web.BaseRequest,
        *,
        keep_alive: bool = True,
    ) -> None:
        self.status = status
        self.keep_alive = keep_alive and request.keep_alive
        lines = [f"HTTP/1.1 {status} {reason}".encode("utf-8", "surrogateescape")]
        bodiless = request.method == "HEAD" or status in (204, 304) or status < 200
        kept = [(name, value) for name, value in headers if bodiless or name.lower() != b"content-length"]
        if not bodiless:
            kept.append((b"content-length", str(len(body)).encode()))
        if not self.keep_alive:
            kept.append((b"connection", b"close"))
        self._wire = b"".join(b"%b\r\n" % line for line in [*lines, *(b"%b: %b" % each for each in kept)])
        self._wire += b"\r\n" + (b"" if bodiless else body)

    @classmethod
    def refusal(cls, error: _RefusedError, request: web.BaseRequest) -> "_Passed":
        body = json.dumps({"error": f"mockflow proxy: {error}", "status": error.status}).encode()
        headers = [(b"content-type", b"application/json")]
        return cls(error.status, "", headers, body, request, keep_alive=error.status not in (400, 413))

    async def prepare(self, request: web.BaseRequest) -> None:
        await request.writer.write(self._wire)

    async def write_eof(self) -> None:
        """Does nothing: the body was sent with the head."""


def _report(incoming: web.BaseRequest, error: _RefusedError) -> None:
    click.echo(plain(f"{incoming.method} {target_without_secrets(incoming.raw_path)}: {error}"), err=True)


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """All headers except those of the connection and those named in the Connection header."""
    headers = list(headers)
    named = {
        token.strip().lower().decode("latin-1")
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    return [(name, value) for name, value in headers if name.lower().decode("latin-1") not in _HOP_BY_HOP | named]


def _cause(error: Exception) -> str:
    """The reason of a missing response, without the prefixes of the HTTP client."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    number = inner.errno if isinstance(inner, OSError) and not isinstance(inner, ssl.SSLError) else None
    text = os.strerror(number) if number and number > 0 else str(inner)
    return text_without_secrets(re.sub(r"^\[SSL[^]]*\] | \(_ssl\.c:\d+\)", "", text) or type(error).__name__)
