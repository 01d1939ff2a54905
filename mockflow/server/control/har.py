"""The journal as an HTTP Archive, HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). Pure.

What mockflow knows beside HTTP is in fields that begin with an underscore, as the format provides.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from mockflow._version import __version__
from mockflow.core.base.json_writer import dumps

Entry = Mapping[str, Any]
"""An entry of the journal, as `GET /_mockflow/journal` has it: secrets are hidden already."""

_OWN: Final = ("number", "operation", "workflow_id", "elapsed_ms", "mode", "fault", "stub", "connection")
"""What becomes a field of its own: _number and so on, where it has a value."""


def archive(entries: list[Any]) -> dict[str, Any]:
    """An archive of such entries as `entry` writes."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "mockflow", "version": __version__},
            "comment": "Secrets are hidden. JSON bodies are written anew; the headers of responses are not kept.",
            "entries": entries,
        }
    }


def entry(exchange: Entry, default_host: str, path: str) -> dict[str, Any]:
    """One request of the archive. Its URL is http; `default_host` is for a request without a Host header.

    `path` is that of the world: /_world/NAME, or empty.
    """
    began = datetime.fromtimestamp(exchange["wall"], timezone.utc)
    return {
        "startedDateTime": began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": exchange["took_ms"],
        "request": _request(exchange, default_host, path),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": exchange["took_ms"], "receive": 0},
        **{f"_{name}": exchange[name] for name in _OWN if exchange[name] is not None},
    }


def _request(entry: Entry, default_host: str, path: str) -> dict[str, Any]:
    headers = entry["request"]["headers"]
    by_name = {name.lower(): value for name, value in headers.items()}
    body = entry["request"]["body"]
    text = _text(body)
    request = {
        "method": entry["method"],
        "url": f"http://{by_name.get('host', default_host)}{path}{entry['target']}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers.items()),
        "queryString": _pairs(parse_qsl(entry["target"].partition("?")[2], keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(text.encode("utf-8", "replace")),
    }
    if body is not None:
        request["postData"] = {"mimeType": by_name.get("content-type", _type(body)), "text": text}
    return request


def _response(entry: Entry) -> dict[str, Any]:
    body, status = entry["response"], entry["status"]
    text = _text(body)
    size = len(text.encode("utf-8", "replace"))
    response = {
        "status": status,
        "statusText": HTTPStatus(status).phrase if status in _PHRASES else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": {"size": size, "mimeType": _type(body), "text": text},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size,
    }
    if status == 0:
        response["_error"] = "no response: the connection was closed before"
    return response


_PHRASES: Final = frozenset(HTTPStatus)


def _text(body: Any) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else dumps(body, ensure_ascii=False)


def _type(body: Any) -> str:
    return "text/plain" if isinstance(body, str) or body is None else "application/json"


def _pairs(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in items]
