"""Health checks that a proxy sees are no part of a recording."""

import pytest

from mockflow.recording.exchanges import Exchange
from mockflow.recording.stubs import Stubs


def exchange(method: str, target: str, status: int) -> Exchange:
    return Exchange(
        began=0,
        ended=1,
        method=method,
        target=target,
        request_headers={},
        request_body=b"",
        status=status,
        response_headers={"content-type": "application/json"},
        response_body=b'{"status": "green"}',
    )


@pytest.mark.parametrize(
    ("method", "target", "status", "is_kept"),
    [
        ("GET", "/", 200, False),
        ("HEAD", "/", 200, False),
        ("GET", "/_cluster/health?wait_for_status=yellow", 200, False),
        ("GET", "/_cluster/health?level=indices", 200, True),
        ("GET", "/_mockflow/health", 400, False),
        ("GET", "/_cluster/health", 503, True),
        ("GET", "/_cluster/health/my-index", 200, True),
        ("GET", "/_cat/indices", 200, True),
    ],
)
def test_what_is_kept(method: str, target: str, status: int, is_kept: bool) -> None:
    stubs = Stubs()
    stubs.add(exchange(method, target, status))
    assert bool(list(stubs.documents())) is is_kept
    assert stubs.left_out == set()
