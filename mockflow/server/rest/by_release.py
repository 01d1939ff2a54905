"""What every response of a release has: its headers, and how its version of Jackson writes characters."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from mockflow.core.base.json_writer import with_escaped_pairs
from mockflow.core.plugin.versions import Version
from mockflow.server.http.messages import JSON_TYPE, OPAQUE_ID


def headers_of(version: Version, request_headers: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    """A response's `own` headers and those of every response: from 3.0 on the version, and the client's X-Opaque-Id."""
    common = _version_header(version.number) if version.behaviour.sends_version_header else _NO_HEADERS
    opaque_id = request_headers.get(OPAQUE_ID)
    if opaque_id is not None:
        common = {**common, OPAQUE_ID: opaque_id}
    return {**common, **own} if own else common


def body_of(version: Version, body: bytes, content_type: str) -> bytes:
    """The body as the release's version of Jackson writes it."""
    if body.isascii() or content_type != JSON_TYPE or version.behaviour.jackson != 2:
        return body
    return with_escaped_pairs(body)


@lru_cache
def _version_header(number: str) -> Mapping[str, str]:
    return {"X-OpenSearch-Version": f"OpenSearch/{number} (opensearch)"}


_NO_HEADERS: Final[Mapping[str, str]] = {}
