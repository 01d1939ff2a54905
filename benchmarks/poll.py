"""A load generator that replaces wrk: polls over persistent connections, and reports in wrk's format.

Run as `python benchmarks/poll.py URL SECONDS CONNECTIONS PATHS`. The file PATHS has a path on each line; they are
polled in turn.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Count:
    """The counts of all connections."""

    answers = 0
    refused = 0


class Connection(asyncio.Protocol):
    """Sends each request as soon as the one before is answered."""

    def __init__(self, requests: Iterator[bytes], count: Count) -> None:
        self._requests = requests
        self._count = count
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or not length or len(body) < int(length[1]):
            return
        self._count.answers += 1
        self._count.refused += not head.startswith(b"HTTP/1.1 2")
        self._received = b""
        self._transport.write(next(self._requests))


async def poll(url: str, seconds: float, connections: int, paths: list[str]) -> str:
    """The report: the two lines of wrk that the benchmark reads."""
    server = urlsplit(url)
    assert server.hostname
    assert server.port
    requests = cycle([f"GET {path} HTTP/1.1\r\nHost: {server.netloc}\r\n\r\n".encode() for path in paths])
    count = Count()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: Connection(requests, count), server.hostname, server.port)
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    rate = count.answers / (time.perf_counter() - began)
    for transport, _ in opened:
        transport.abort()
    refused = f"Non-2xx or 3xx responses: {count.refused}\n" if count.refused else ""
    return f"{refused}Requests/sec: {rate:.2f}"


if __name__ == "__main__":
    url, seconds, connections, file = sys.argv[1:]
    print(asyncio.run(poll(url, float(seconds), int(connections), Path(file).read_text("utf-8").split())))
