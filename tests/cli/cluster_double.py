"""A server that answers as it is told: a cluster with something planted in it, or none at all."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

CERTIFICATE: Final = Path(__file__).parent / "self-signed.pem"
"""Of localhost and 127.0.0.1, with its key; signed by itself."""


class Double:
    """`answers` by method and target, each (status, body) or (status, body, headers); `asked` is what has come,
    header names in lower case.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.otherwise: Any = (404, {"error": "Fail to find workflow status of x"})
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""

    def answer(self, method: str, target: str) -> tuple[int, bytes, dict[str, str]]:
        told = self.answers.get(f"{method} {target}", self.otherwise)
        told = told.pop(0) if isinstance(told, list) and len(told) > 1 else told[0] if isinstance(told, list) else told
        status, body, *headers = told
        if isinstance(body, bytes):
            return status, body, headers[0] if headers else {}
        return (
            status,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **(headers[0] if headers else {})},
        )


@contextmanager
def double(*, tls: bool = False) -> Iterator[Double]:
    """Served on a free port."""
    cluster = Double()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            cluster.asked.append((self.command, self.path, headers, body))
            status, content, headers = cluster.answer(self.command, self.path)
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust it hangs up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    cluster.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
