"""One recorded request of a client and the response of a real cluster."""

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mockflow.core.base.durations import parse_duration
from mockflow.core.base.json_writer import loads

_WORKFLOW: Final = re.compile(
    r"/_plugins/_flow_framework/workflow(?:/(?P<id>[^/_][^/]*|_[^/]{19,}))?(?:/(?P<call>_status|_provision|_deprovision))?/?"
)
_OPERATIONS: Final = {
    ("POST", False, None): "create",
    ("GET", True, None): "get",
    ("PUT", True, None): "update",
    ("DELETE", True, None): "delete",
    ("GET", True, "_status"): "get_status",
    ("POST", True, "_provision"): "provision",
    ("POST", True, "_deprovision"): "deprovision",
}
_FLOW_FRAMEWORK: Final = "/_plugins/_flow_framework/"


@dataclass(frozen=True)
class Exchange:
    """A request and its response.

    `began` is when the request arrived and `ended` when its response was complete, in ms of the recorder's clock.
    """

    began: int
    ended: int
    method: str
    target: str
    """The path and the query string, unchanged."""
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    """The HTTP status; 0 if no response arrived, or only a part of one."""
    response_headers: Mapping[str, str]
    """Keys are header names in lower case."""
    response_body: bytes
    """The bytes as received, still compressed if the headers say so."""

    @property
    def is_answered(self) -> bool:
        return self.status > 0

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def is_flow_frameworks(self) -> bool:
        """Whether the path belongs to the flow-framework API."""
        return self.path.startswith(_FLOW_FRAMEWORK)

    @cached_property
    def operation(self) -> str | None:
        """The operation's name in the API specification; None if the call does not name a single workflow."""
        found = _WORKFLOW.fullmatch(self.path)
        return _OPERATIONS.get((self.method, found["id"] is not None, found["call"])) if found else None

    @property
    def workflow_id(self) -> str | None:
        """The workflow id in the path, decoded."""
        found = _WORKFLOW.fullmatch(self.path)
        return unquote(found["id"]) if found and found["id"] is not None else None

    @property
    def waits(self) -> int:
        """The value of `wait_for_completion_timeout` in ms; 0 if the request does not wait."""
        try:
            return parse_duration(self.query.get("wait_for_completion_timeout", "0"))
        except ValueError:
            return 0

    def is_true(self, parameter: str) -> bool:
        """A boolean query parameter; present without a value counts as true, as in OpenSearch."""
        return self.query.get(parameter, "false") in ("true", "")

    @cached_property
    def content(self) -> bytes:
        """The decompressed response body. Raises ValueError if it cannot be decompressed."""
        coding = self.response_headers.get("content-encoding", "")
        try:
            if coding == "gzip":
                return gzip.decompress(self.response_body)
            if coding == "deflate":
                return zlib.decompress(self.response_body)
        except (OSError, EOFError, zlib.error):
            raise ValueError(f"a body that is no {coding}") from None
        if coding not in ("", "identity"):
            raise ValueError(f"a body compressed by {coding}")
        return self.response_body

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The response's JSON object; empty if the body is anything else."""
        try:
            answer = loads(self.content)
        except (ValueError, RecursionError):
            return {}
        return answer if isinstance(answer, dict) else {}
