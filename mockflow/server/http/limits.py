"""The limits of a server: sizes, connections, time-outs (docs/reference/opensearch.md, "Limits")."""

from dataclasses import dataclass
from typing import Final

from mockflow.core.base.bounds import CONNECTIONS

MAX_LINE: Final = 4096
"""Bytes of a request's first line: OpenSearch's http.max_initial_line_length."""
MAX_HEADER: Final = 16 * 1024
"""Bytes of all headers together: OpenSearch's http.max_header_size."""


@dataclass(frozen=True)
class Limits:
    """The limits of one server."""

    max_connections: int = CONNECTIONS
    """Open at the same time, if there are descriptors for them; a further one gets 429 and is closed."""
    idle_seconds: float = 1.0
    """When there is no place left, a connection that has waited so long between requests gives way to a new one."""
    read_timeout: float = 30.0
    """Seconds for a request's head, for its body, and for the client to read; then the connection is closed."""
    max_body: int = 100 * 1024 * 1024
    """Bytes of one body: OpenSearch's http.max_content_length."""
    max_bodies: int = 512 * 1024 * 1024
    """Bytes of all bodies in progress: OpenSearch's network.breaker.inflight_requests."""
