"""Requests that are not about a workflow, and their answers, as stubs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from mockflow.core.base.path_pattern import METHODS
from mockflow.core.base.secrets import is_secret_header, text_without_secrets, without_secrets
from mockflow.core.stubs.model import Stub
from mockflow.core.stubs.templating import placeholders
from mockflow.recording.exchanges import Exchange

MAX_BODY: Final = 1024 * 1024
"""Longer answers are no stubs."""
MAX_REQUESTS: Final = 2000
"""So many different requests become stubs."""
MAX_ANSWERS: Final = 1000
"""So many different answers to one request are kept; the last repeats."""

_TOLD_HEADERS: Final = ("content-type", "location", "retry-after", "warning", "etag", "www-authenticate")
_JSON: Final = "application/json"

_Request = tuple[str, str, tuple[tuple[str, str], ...]]


class Stubs:
    """Gathers exchanges; each request (method, path and query) becomes a stub with its answers in turn."""

    def __init__(self) -> None:
        self._answers: dict[_Request, list[tuple[Any, dict[str, Any]]]] = {}
        self.left_out: set[str] = set()
        """Answers that no stub can give, in people's words."""

    def add(self, exchange: Exchange) -> None:
        """Notes a request and its answer."""
        where = f"{exchange.method} {text_without_secrets(exchange.path)}"
        try:
            answer = answer_of(exchange)
        except ValueError as error:
            self.left_out.add(f"{where}: {error}")
            return
        url = urlsplit(exchange.target)
        query = [(k, v) for k, v in parse_qsl(url.query, keep_blank_values=True) if not _tells_secret(k, v)]
        request = exchange.method, url.path, tuple(sorted(dict(query).items()))
        answers = self._answers.get(request, [])
        if len(answers) >= MAX_ANSWERS:
            self.left_out.add(f"{where}: all after its first {MAX_ANSWERS} answers")
        elif not answers and len(self._answers) >= MAX_REQUESTS:
            self.left_out.add(f"all after the first {MAX_REQUESTS} different requests")
        elif not _is_valid(_stub(request, None, [answer])):
            self.left_out.add(f"{where}: a request or an answer that no stub can have")
        else:
            self._answers.setdefault(request, answers).append((_asked(exchange), answer))

    def documents(self) -> Iterator[dict[str, Any]]:
        """The stubs as the scenario language has them; the first that fits a request is the one for it."""
        for request in sorted(self._answers, key=lambda request: (-len(request[2]), "*" in request[1])):
            for body, told in _by_body(self._answers[request]):
                yield _stub(request, body, told)


def _stub(request: _Request, body: Any, told: list[dict[str, Any]]) -> dict[str, Any]:
    method, path, query = request
    pattern: dict[str, Any] = {"method": method, "path": path}
    pattern |= {"query": dict(query)} if query else {}
    pattern |= {"body": {"$": body}} if body is not None else {}
    return {"request": pattern if len(pattern) > 2 else f"{method} {path}", "respond": _in_turn(told)}


def _is_valid(stub: dict[str, Any]) -> bool:
    try:
        Stub.model_validate(stub)
    except ValidationError:
        return False
    return True


def _by_body(answers: list[tuple[Any, dict[str, Any]]]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """The answers to each body that was sent; None where it does not matter, or cannot be told."""
    bodies: dict[str, Any] = {json.dumps(body, sort_keys=True): body for body, _ in answers}
    if len(bodies) < 2 or any(body is None for body in bodies.values()):
        yield None, [told for _, told in answers]
        return
    for body in bodies.values():
        yield body, [told for asked, told in answers if asked == body]


def _in_turn(told: list[dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
    """One answer, or several in turn; what the last repeats is left out."""
    while len(told) > 1 and told[-1] == told[-2]:
        told = told[:-1]
    return told if len(told) > 1 else told[0]


def answer_of(exchange: Exchange) -> dict[str, Any]:
    """What was answered, without secrets. ValueError where a stub cannot say it."""
    if exchange.method not in METHODS:
        raise ValueError("a method that no stub has")
    if not exchange.is_answered:
        raise ValueError("no answer")
    if exchange.status < 200:
        raise ValueError(f"the status {exchange.status}")
    content = exchange.content
    if len(content) > MAX_BODY:
        raise ValueError(f"an answer of more than {MAX_BODY // 2**20} MiB")
    headers = {name: exchange.response_headers[name] for name in _TOLD_HEADERS if name in exchange.response_headers}
    headers = {name: text_without_secrets(value) for name, value in headers.items() if value.isprintable()}
    return respond_of(exchange.status, _decoded(content) if exchange.method != "HEAD" else None, headers)


def respond_of(status: int, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    """An answer as a fault or a stub tells it: `body` is JSON or text. ValueError where it cannot."""
    answer: dict[str, Any] = {"status": status}
    headers = dict(headers)
    if isinstance(body, (dict, list)) and headers.get("content-type", "").startswith(_JSON):
        del headers["content-type"]
    if headers:
        answer["headers"] = headers
    if body not in (None, ""):
        answer["body"] = without_secrets(body)
        if next(placeholders(answer["body"]), None) is not None:
            raise ValueError("an answer with {{ }} in it, which would be filled in")
    return answer


def _decoded(content: bytes) -> Any:
    """Its JSON object or list, else its text."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, (dict, list)):
        return value
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValueError("an answer that is no text") from None


def _asked(exchange: Exchange) -> Any:
    """The JSON object that was sent; None where there is none, or where it tells a secret."""
    try:
        body = json.loads(exchange.request_body) if exchange.request_body else None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and without_secrets(body) == body else None


def _tells_secret(name: str, value: str) -> bool:
    return is_secret_header(name) or text_without_secrets(value) != value
