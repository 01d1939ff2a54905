"""Every answer of this test run is as the public API specification has it. Runs last.

Servers in processes of their own (tests/clients) are not looked at: they give the same answers.
"""

import pytest

from mockflow.core.base.json_writer import compact
from mockflow.server.http.messages import Request, Response
from tests.conftest import CHECKER
from tests.support.specification import DISAGREEMENTS, FILE, UNLISTED, Checker


@pytest.fixture
def checker() -> Checker:
    if CHECKER is None:
        pytest.skip(f"{FILE} is not here")
    return CHECKER


def test_every_answer_of_this_run(checker: Checker, request: pytest.FixtureRequest) -> None:
    if not any("tests/server/flow_framework/" in item.nodeid for item in request.session.items):
        pytest.skip("the tests that ask for every kind of answer are not part of this run")
    if hasattr(request.config, "workerinput"):
        pytest.skip("this worker has seen only some of them; it tells of them at its end")
    assert checker.checked, "nobody has looked at the answers"
    assert checker.mismatches == {}


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("GET /w/_status", {"workflow_id": "w", "state": "DEPROVISIONING"}),
        ("GET /w/_status", {"workflow_id": "w", "state": "COMPLETED", "resources_created": []}),
        ("GET /w/_status?all=true", {"workflow_id": "w", "state": "COMPLETED", "provision_start_time": "2026-01-01"}),
        ("POST ", {"id": "w"}),
        ("GET /_steps", {"noop": {"inputs": "none"}}),
    ],
)
def test_a_wrong_answer_would_be_found(checker: Checker, target: str, body: dict[str, object]) -> None:
    assert _found(checker, target, 201 if target == "POST " else 200, body)


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("GET /w/_status", 502, {"error": "x"}),
        ("POST /w/_provision", 400, {"error": "x", "code": 400}),
        ("POST /w/_provision", 400, {"error": {"type": "x"}, "status": 404}),
        ("POST /w/_deprovision", 202, {"workflow_id": "w"}),
    ],
)
def test_a_wrong_error_would_be_found(checker: Checker, target: str, status: int, body: dict[str, object]) -> None:
    assert _found(checker, target, status, body)


def test_each_disagreement_has_its_reason() -> None:
    reasons = [it.reason for it in DISAGREEMENTS] + [reason for _, reason in UNLISTED.values()]
    assert all(len(reason.split()) >= 2 for reason in reasons)


def _found(checker: Checker, target: str, status: int, body: dict[str, object]) -> dict[str, str]:
    method, _, path = target.partition(" ")
    fresh = Checker(checker.document)
    fresh.look_at(Request(method, f"/_plugins/_flow_framework/workflow{path}", {}), Response(status, compact(body)))
    return fresh.mismatches
