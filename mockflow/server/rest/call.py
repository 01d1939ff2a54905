"""The argument and the result of a handler: `Call` and `Reply`."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from mockflow.cluster import Cluster, World
from mockflow.core.plugin.status import Document
from mockflow.server.http.messages import CONTENT_TYPE, Request
from mockflow.server.rest.errors import illegal_argument, object_error, simple_error
from mockflow.server.rest.parameters import Parameters, decode, readable
from mockflow.server.rest.router import Route

_NO_HEADERS: Final[Mapping[str, str]] = {}
_TOKEN = r"[\w!#$%&'*+\-.^`|~]+"
_CONTENT_TYPE: Final = re.compile(rf"({_TOKEN}/{_TOKEN})\s*(;.*)?", re.ASCII)
_FORMATS: Final = {
    "application/json": "json",
    "application/x-ndjson": "json",
    "application/vnd.opensearch+json": "json",
    "application/yaml": "yaml",
    "application/smile": "smile",
    "application/cbor": "cbor",
}


class Reply:
    """A successful response: JSON, or text if `content` is a str."""

    __slots__ = ("content", "headers", "pretty_by_default", "status")

    def __init__(
        self,
        status: int,
        content: Document | Any,
        headers: Mapping[str, str] = _NO_HEADERS,
        *,
        pretty_by_default: bool = False,
    ) -> None:
        self.status = status
        self.content = content
        self.headers = headers
        self.pretty_by_default = pretty_by_default


class Call:
    """One routed request, as its handler reads it."""

    __slots__ = ("_body_taken", "_path_values", "cluster", "is_peek", "parameters", "path", "request")

    def __init__(
        self,
        cluster: Cluster,
        request: Request,
        path: str,
        parameters: Parameters,
        path_values: Mapping[str, str],
        *,
        is_peek: bool = False,
    ) -> None:
        self.cluster = cluster
        self.request = request
        self.path = path
        self.parameters = parameters
        self._path_values = path_values
        self.is_peek = is_peek
        """Whether a status read is no poll, because a fault keeps the whole response from the client."""
        self._body_taken = False

    @property
    def world(self) -> World:
        """The cluster's current world. A reset replaces it, also while a request waits."""
        return self.cluster.world

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names of the values in the path."""
        return tuple(self._path_values)

    def path_value(self, name: str) -> str:
        """The decoded value of ``{name}`` in the route's path; empty if the route has no such name."""
        return decode(self._path_values.get(name, ""), plus_as_space=False)

    def value(self, name: str) -> str:
        """The value of ``{name}`` in the path; where the route has no such name, the parameter of this name.

        So ``/_mapping?index=a`` means ``/a/_mapping`` (RestRequest.param, which most handlers of the core read).
        """
        return self.path_value(name) if name in self._path_values else self.parameters.text(name) or ""

    def ignore_body(self) -> None:
        """Accepts a body without reading it."""
        self._body_taken = True

    def refuse_unused(self) -> None:
        """400 for parameters that the handler has not read, then for a body that it does not accept. HEAD may have one.

        Source: docs/reference/opensearch.md, "Parameters".
        """
        self.parameters.refuse_unknown(self.path)
        if self.request.body and not self._body_taken and self.request.method != "HEAD":
            request = f"{self.request.method} {readable(self.path)}"
            raise illegal_argument(f"request [{request}] does not support having a body")


Action = Callable[[], Reply | Awaitable[Reply]]
Handler = Callable[[Call], Action]
"""Reads parameters and body, and returns the action. Unused parameters are refused in between."""

ApiRoute = Route[Handler]


@lru_cache(maxsize=256)
def body_format(content_type: str | None) -> str | None:
    """json, yaml, smile or cbor; None for a type that OpenSearch does not read. 400 for one that is no type."""
    if content_type is None:
        return None
    found = _CONTENT_TYPE.fullmatch(content_type.strip())
    if not found:
        reason = f"invalid Content-Type header [{content_type}]"
        cause = {"type": "illegal_argument_exception", "reason": reason}
        wrapped = f"java.lang.IllegalArgumentException: {reason}"
        raise object_error(400, "content_type_header_exception", wrapped, caused_by=cause)
    return _FORMATS.get(found[1].lower())


def refuse_unreadable_body(request: Request) -> None:
    """406 for a body of a type that OpenSearch does not read. Without a body any type will do."""
    if not request.body:
        return
    content_type = request.headers.get(CONTENT_TYPE)
    if body_format(content_type) is None:
        raise simple_error(406, f"Content-Type header [{content_type or ''}] is not supported")
