"""aiohttp's low-level server without routes: PORT PATH BODY."""

import asyncio
import sys

from aiohttp import web

PORT, PATH, BODY = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()


async def handle(request: web.BaseRequest) -> web.Response:
    status = 200 if request.path == PATH else 404
    return web.Response(status=status, body=BODY, content_type="application/json", charset="UTF-8")


async def main() -> None:
    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
