"""An asyncio protocol with httptools that answers every request with the same bytes: PORT PATH BODY."""

import asyncio
import sys

import httptools  # type: ignore[import-not-found]

PORT, PATH, BODY = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()
RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)


class Connection(asyncio.Protocol):
    """Parses requests; what follows the head is not looked at."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._is_known = False

    def on_url(self, url: bytes) -> None:
        self._is_known = url == PATH

    def on_message_complete(self) -> None:
        assert isinstance(self._transport, asyncio.WriteTransport)
        if self._is_known:
            self._transport.write(RESPONSE)
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", PORT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
