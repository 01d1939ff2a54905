"""A bare aiohttp application with one route: PORT PATH BODY."""

import sys

from aiohttp import web

PORT, PATH, BODY = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
PREFIX, _, LAST = PATH.rpartition("/")


async def get_status(request: web.Request) -> web.Response:
    assert request.match_info["workflow_id"]
    return web.Response(body=BODY, content_type="application/json", charset="UTF-8")


if __name__ == "__main__":
    application = web.Application()
    application.router.add_get(f"{PREFIX.rpartition('/')[0]}/{{workflow_id}}/{LAST}", get_status)
    web.run_app(application, host="127.0.0.1", port=PORT, access_log=None, print=None)
