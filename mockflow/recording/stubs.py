"""Turns requests outside of the flow-framework API, and their responses, into stubs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from mockflow.core.base.json_writer import loads
from mockflow.core.base.path_pattern import METHODS
from mockflow.core.base.secrets import is_secret_header, target_without_secrets, text_without_secrets, without_secrets
from mockflow.core.stubs.model import Stub
from mockflow.core.stubs.templating import placeholders
from mockflow.recording.exchanges import Exchange

MAX_BODY: Final = 1024 * 1024
"""The longest response body in bytes that becomes a stub."""
MAX_REQUESTS: Final = 2000
"""The most different requests that become stubs."""
MAX_ANSWERS: Final = 1000
"""The most responses that are kept for one request; the last one repeats."""

_KEPT_HEADERS: Final = ("content-type", "location", "retry-after", "warning", "etag", "www-authenticate")
_JSON: Final = "application/json"

_HEALTH_CHECKS: Final = frozenset({"/", "/_cluster/health"})
"""Paths that mockflow answers itself. Load balancers and containers ask for them again and again."""

_Request = tuple[str, str, tuple[tuple[str, str], ...]]


class Stubs:
    """Collects exchanges. Each request (method, path and query) becomes a stub with its responses in order."""

    def __init__(self) -> None:
        self._answers: dict[_Request, list[tuple[Any, dict[str, Any]]]] = {}
        self.left_out: set[str] = set()
        """Descriptions of the responses that no stub can give."""

    def add(self, exchange: Exchange) -> None:
        """Records a request and its response."""
        if _is_health_check(exchange):
            return
        where = f"{exchange.method} {target_without_secrets(exchange.path)}"
        try:
            answer = answer_of(exchange)
        except ValueError as error:
            self.left_out.add(f"{where}: {error}")
            return
        url = urlsplit(exchange.target)
        query = [(k, v) for k, v in parse_qsl(url.query, keep_blank_values=True) if not _contains_secret(k, v)]
        request = exchange.method, url.path, tuple(sorted(dict(query).items()))
        answers = self._answers.get(request, [])
        if len(answers) >= MAX_ANSWERS:
            self.left_out.add(f"{where}: all after its first {MAX_ANSWERS} responses")
        elif not answers and len(self._answers) >= MAX_REQUESTS:
            self.left_out.add(f"all after the first {MAX_REQUESTS} different requests")
        elif not _is_valid(_stub(request, None, [answer])):
            self.left_out.add(f"{where}: a request or a response that no stub can have")
        else:
            self._answers.setdefault(request, answers).append((_request_json(exchange), answer))

    def documents(self) -> Iterator[dict[str, Any]]:
        """The stubs in the scenario language, the more specific ones first: the first that matches a request wins."""
        for request in sorted(self._answers, key=lambda request: (-len(request[2]), "*" in request[1])):
            for body, answers in _by_body(self._answers[request]):
                yield _stub(request, body, answers)


def _stub(request: _Request, body: Any, answers: list[dict[str, Any]]) -> dict[str, Any]:
    method, path, query = request
    pattern: dict[str, Any] = {"method": method, "path": path}
    pattern |= {"query": dict(query)} if query else {}
    pattern |= {"body": {"$": body}} if body is not None else {}
    return {"request": pattern if len(pattern) > 2 else f"{method} {path}", "respond": _in_turn(answers)}


def _is_valid(stub: dict[str, Any]) -> bool:
    try:
        Stub.model_validate(stub)
    except ValidationError:
        return False
    return True


def _by_body(answers: list[tuple[Any, dict[str, Any]]]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Each request body and its responses; the body is None if it makes no difference or is unknown."""
    bodies: dict[str, Any] = {json.dumps(body, sort_keys=True): body for body, _ in answers}
    if len(bodies) < 2 or any(body is None for body in bodies.values()):
        yield None, [answer for _, answer in answers]
        return
    for body in bodies.values():
        yield body, [answer for sent, answer in answers if sent == body]


def _in_turn(answers: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
    """One response, or a list without equal ones at its end: the last one repeats."""
    while len(answers) > 1 and answers[-1] == answers[-2]:
        answers = answers[:-1]
    return answers if len(answers) > 1 else answers[0]


def answer_of(exchange: Exchange) -> dict[str, Any]:
    """The response as the value of `respond`, without secrets. Raises ValueError if no stub can give it."""
    if exchange.method not in METHODS:
        raise ValueError("a method that no stub can have")
    if not exchange.is_answered:
        raise ValueError("no response")
    if exchange.status < 200:
        raise ValueError(f"the status {exchange.status}")
    content = exchange.content
    if len(content) > MAX_BODY:
        raise ValueError(f"a response of more than {MAX_BODY // 2**20} MiB")
    headers = {name: exchange.response_headers[name] for name in _KEPT_HEADERS if name in exchange.response_headers}
    headers = {name: text_without_secrets(value) for name, value in headers.items() if value.isprintable()}
    return respond_of(exchange.status, _decoded(content) if exchange.method != "HEAD" else None, headers)


def respond_of(status: int, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    """The value of `respond` for a fault or a stub. `body` is JSON or text. Raises ValueError if it cannot be one."""
    answer: dict[str, Any] = {"status": status}
    headers = dict(headers)
    if isinstance(body, (dict, list)) and headers.get("content-type", "").startswith(_JSON):
        del headers["content-type"]
    if headers:
        answer["headers"] = headers
    if body not in (None, ""):
        answer["body"] = without_secrets(body)
        if next(placeholders(answer["body"]), None) is not None:
            raise ValueError("a response with {{ }} in it, which would be taken for a placeholder")
    return answer


def _decoded(content: bytes) -> Any:
    """The JSON object or list, else the text."""
    try:
        value = loads(content)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, (dict, list)):
        return value
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("a response that is not text") from None


def _request_json(exchange: Exchange) -> Any:
    """The JSON object of the request; None if there is none or it contains a secret."""
    try:
        body = loads(exchange.request_body) if exchange.request_body else None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and without_secrets(body) == body else None


def _contains_secret(name: str, value: str) -> bool:
    return is_secret_header(name) or text_without_secrets(value) != value


def _is_health_check(exchange: Exchange) -> bool:
    """Whether mockflow gives a response of the same kind by itself, or the request was meant for mockflow."""
    url = urlsplit(exchange.target)
    path = url.path.rstrip("/") or "/"
    is_check = exchange.method in ("GET", "HEAD") and path in _HEALTH_CHECKS and "level=" not in url.query
    return (is_check and exchange.status == 200) or path == "/_mockflow" or path.startswith("/_mockflow/")
