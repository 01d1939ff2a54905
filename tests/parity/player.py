"""Plays cases on a server, and compares its answers with those of a real node."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from tests.parity.cases import PLUGIN, Answer, Case, Step

Ask = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, str, bytes]]
"""Method, target, headers and body of a request to status, media type and body of the response."""

_PATIENCE_SECONDS: Final = 30
_TIMES: Final = frozenset({"created_time", "last_updated_time", "last_provisioned_time", "provision_start_time"})
_CHANCE: Final = frozenset({"took", "_seq_no", "_version", "provision_end_time", *_TIMES})
"""Keys whose values differ from run to run."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{20}")
_ID_IN_TEXT: Final = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{20}(?:[\w-]{2})?(?![\w-])")


@dataclass(frozen=True)
class Difference:
    """Where an answer differs: the request, and both values."""

    case: str
    request: str
    path: str
    real: Any
    here: Any


class Names:
    """The values that differ from run to run, and their names: `<U>` is unique in each run, others are kept ids."""

    def __init__(self, unique: str) -> None:
        self._values = {"<U>": unique}

    def keep(self, name: str, value: object) -> None:
        """Gives a value a name; a value that is missing too, so that later requests can be sent."""
        self._values[name] = value if isinstance(value, str) else f"no-{name.strip('<>')}"

    def filled(self, text: str) -> str:
        """The text with the values in the places of their names."""
        for name, value in self._values.items():
            text = text.replace(name, value)
        return text

    def named(self, value: Any, key: str = "") -> Any:
        """The value with names in the places of what differs from run to run."""
        if isinstance(value, dict):
            return {self.named(name): self.named(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.named(item, key) for item in value]
        if key in _CHANCE and isinstance(value, int):
            return f"<{key}>"
        if isinstance(value, str):
            for name, kept in self._values.items():
                value = value.replace(kept, name)
            return _ID_IN_TEXT.sub("<id>", value)
        return value

    @property
    def workflows(self) -> list[str]:
        """The kept ids that look like those of workflows."""
        return [value for value in self._values.values() if _ID.fullmatch(value)]


def asking(url: str) -> Ask:
    """What sends requests to a server at `url`."""
    parts = urlsplit(url)

    def ask(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, str, bytes]:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.headers.get("content-type", ""), response.read()
        finally:
            connection.close()

    return ask


def play(case: Case, ask: Ask, unique: str, pause: Callable[[], None]) -> list[Answer | None]:
    """The answers to the case's requests, and None for its waits. What it has made is removed afterwards.

    `pause` is called between two polls of a wait. Raises TimeoutError for a run that does not end, and OSError.
    """
    names = Names(unique)
    answers: list[Answer | None] = []
    for step in case.steps:
        if step.waits_for:
            _wait(names.filled(step.waits_for), ask, pause)
            answers.append(None)
        else:
            answers.append(_answer(step, names, ask))
    for workflow_id in names.workflows:
        ask("POST", f"{PLUGIN}workflow/{workflow_id}/_deprovision?allow_delete={_made(unique)}", {}, b"")
        ask("DELETE", f"{PLUGIN}workflow/{workflow_id}?clear_status=true", {}, None)
    return answers


def _made(unique: str) -> str:
    return ",".join(f"{kind}-{unique}" for kind in ("idx", "pipe", "spipe"))


def _answer(step: Step, names: Names, ask: Ask) -> Answer:
    body = None if step.body is None else names.filled(step.body).encode()
    sent = {} if body is None else {"Content-Type": "application/json"}
    status, media_type, received = ask(step.method, names.filled(step.target), {**sent, **(step.headers or {})}, body)
    content = received.decode("utf-8", "replace")
    try:
        parsed = json.loads(content)
    except ValueError:
        parsed = content
    for name, key in (step.keeps or {}).items():
        names.keep(name, parsed.get(key) if isinstance(parsed, dict) else None)
    return {"status": status, "type": media_type, "body": names.named(parsed)}


def _wait(workflow_id: str, ask: Ask, pause: Callable[[], None]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        status, _, body = ask("GET", f"{PLUGIN}workflow/{workflow_id}/_status", {}, None)
        if status != 200 or json.loads(body).get("state") in ("COMPLETED", "FAILED"):
            return
        pause()
    raise TimeoutError(f"workflow {workflow_id} is neither COMPLETED nor FAILED after {_PATIENCE_SECONDS} seconds")


def differences(case: Case, real: Iterable[Answer | None], here: Iterable[Answer | None]) -> Iterator[Difference]:
    """Where the answers of two servers differ. The order of keys means nothing; that of lists does."""
    for step, expected, found in zip(case.steps, real, here, strict=True):
        for path, one, other in _differing("", expected, found):
            yield Difference(case.name, f"{step.method} {step.target}", path.lstrip("."), one, other)


def _differing(path: str, real: Any, here: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(real, dict) and isinstance(here, dict):
        for key in [*real, *(key for key in here if key not in real)]:
            yield from _differing(f"{path}.{key}", real.get(key, _MISSING), here.get(key, _MISSING))
    elif isinstance(real, list) and isinstance(here, list) and len(real) == len(here):
        for number, (one, other) in enumerate(zip(real, here, strict=True)):
            yield from _differing(f"{path}[{number}]", one, other)
    elif type(real) is not type(here) or real != here:
        yield path, real, here


_MISSING: Final = "(nothing)"
