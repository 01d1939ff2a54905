"""How much of a client's a server takes, and how long it waits for it."""

from dataclasses import dataclass
from typing import Final

from mockflow.server.errors import Refusal, object_error

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


def too_long_line() -> Refusal:
    """400 for a first line beyond MAX_LINE, in the words of OpenSearch's HTTP library."""
    return object_error(400, "too_long_http_line_exception", f"An HTTP line is larger than {MAX_LINE} bytes.")


def too_large_head() -> Refusal:
    """400 for headers beyond MAX_HEADER."""
    return object_error(400, "too_long_http_header_exception", f"HTTP header is larger than {MAX_HEADER} bytes.")


def too_many_connections(limit: int) -> Refusal:
    """429 for a connection too many."""
    reason = f"rejected execution: {limit} connections are open already, mockflow takes no more (--max-connections)"
    return object_error(429, "rejected_execution_exception", reason)


def too_many_bodies(wanted: int, limit: int) -> Refusal:
    """429 of the circuit breaker for bodies that are too large together (consumers.md, section 4.9)."""
    reason = (
        f"[in_flight_requests] Data too large, data for [<http_request>] would be [{wanted}/{_megabytes(wanted)}], "
        f"which is larger than the limit of [{limit}/{_megabytes(limit)}]"
    )
    return object_error(
        429, "circuit_breaking_exception", reason, bytes_wanted=wanted, bytes_limit=limit, durability="TRANSIENT"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}mb".replace(".0mb", "mb")
