"""Any bytes on the socket: refused or not, the server answers the next one."""

import socket
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from mockflow import MockFlow
from tests.fuzz.conftest import bounded

_LINES: Final = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n",
        b"POST /_plugins/_flow_framework/workflow HTTP/1.1\r\n",
        b"GET /_plugins/_flow_framework/workflow/8xL8bowB8y25Tqfenm50/_status HTTP/1.1\r\n",
        b"PUT /_mockflow/scenarios HTTP/1.1\r\n",
        b"GET /_mockflow/journal?since=x HTTP/1.1\r\n",
        b"GET http://a/%2e%2e/%zz?%=&a HTTP/1.1\r\n",
        b"GET / HTTP/3.14\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"Host: x\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Type: application/json\r\n",
        b"Content-Type: application/yaml\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: close\r\n",
        b"Upgrade: websocket\r\n",
        b"Authorization: Basic !!!\r\n",
        b"X: \xff\x00\r\n",
        b"\r\n",
        b"\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b'{"a": [}',
        b"\x16\x03\x01\x02\x00\x01\x00",
    ]
)
_PIECES: Final = st.lists(_LINES | st.binary(max_size=40), min_size=1, max_size=12)


@bounded
@given(_PIECES, st.booleans())
def _send(cluster: MockFlow, pieces: list[bytes], waits: bool) -> None:
    with socket.create_connection((cluster.host, cluster.port), timeout=10) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            answer = bytearray()
            while waits and (received := connection.recv(65536)):
                answer += received
        except TimeoutError:
            raise
        except OSError:
            pass  # closed on us, as it may be
        else:
            for line in bytes(answer).split(b"\r\n"):
                assert not line.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")), bytes(answer)
    assert cluster.clock.mode == "auto"
    with socket.create_connection((cluster.host, cluster.port), timeout=10) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_any_bytes(cluster: MockFlow) -> None:
    _send(cluster)
