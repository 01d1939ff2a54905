"""The files of the page. They are served as they are in this folder, without a build step."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from mockflow.server.control.errors import ControlError
from mockflow.server.control.paths import PREFIX
from mockflow.server.http.messages import Request, Response

INDEX: Final = "index.html"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOLDER: Final = Path(__file__).parent
_FILES: Final = {file.name: file for file in FOLDER.iterdir() if file.suffix in TYPES}
_HEADERS: Final = {
    # No external and no inline sources, so that data of clients cannot run as a script.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",  # the browser asks each time, and gets 304
}


def is_file(request: Request) -> bool:
    """Whether a request reads the page or one of its files, which have no data of the cluster."""
    path = request.target.partition("?")[0]
    return request.method in ("GET", "HEAD") and (path == f"{PREFIX}/" or path.startswith(f"{PREFIX}/page/"))


def file(request: Request, name: str) -> Response:
    """The file of this name; 304 if the browser has it already, 404 for an unknown name."""
    found = _FILES.get(name)
    if found is None:
        raise ControlError(404, f'the page has no file "{name}"; open {PREFIX}/')
    body = found.read_bytes()
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers = {**_HEADERS, "etag": tag}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(304, content_type="", headers=headers)
    return Response(200, body, TYPES[found.suffix], headers)
