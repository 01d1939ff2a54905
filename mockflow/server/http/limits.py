"""How much of a client's a server takes, and how long it waits for it."""

from dataclasses import dataclass
from typing import Final

MAX_LINE: Final = 4096
"""Bytes of a request's first line: OpenSearch's http.max_initial_line_length."""
MAX_HEADER: Final = 16 * 1024
"""Bytes of all headers: OpenSearch's http.max_header_size."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one server."""

    max_connections: int = 1000
    """Open at once; one more is told 429 and closed."""
    read_timeout: float = 30.0
    """Seconds for a request's head to arrive, for its body, and for a client to read on; then it is cut off."""
    max_body: int = 100 * 1024 * 1024
    """Bytes of a body: OpenSearch's http.max_content_length."""
    max_bodies: int = 512 * 1024 * 1024
    """Bytes of all bodies that are being read or answered: OpenSearch's network.breaker.inflight_requests."""
