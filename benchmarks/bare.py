"""The reference of the benchmark: an aiohttp application with one route that returns given bytes.

Run as `python benchmarks/bare.py BODIES`. BODIES is a JSON file with an object of workflow ids and bodies.
"""

import json
import socket
import sys
from pathlib import Path

from aiohttp import web

BODIES = {name: body.encode() for name, body in json.loads(Path(sys.argv[1]).read_text("utf-8")).items()}


async def get_status(request: web.Request) -> web.Response:
    body = BODIES[request.match_info["workflow_id"]]
    return web.Response(body=body, content_type="application/json", charset="UTF-8")


if __name__ == "__main__":
    application = web.Application()
    application.router.add_get("/_plugins/_flow_framework/workflow/{workflow_id}/_status", get_status)
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"ready at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    web.run_app(application, sock=listening, access_log=None, print=None)
