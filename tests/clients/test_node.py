"""Every operation through @opensearch-project/opensearch on Node, against a server process.

What the client makes of answers: docs/reference/opensearch.md, "What programs send".
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.conftest import Reset
from tests.support.client_story import NEEDS_ALLOW_DELETE, SCENARIOS, STATES, TEMPLATE, UNKNOWN
from tests.support.npm import told_by

FOLDER: Final = Path(__file__).parent / "node"

Story = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def story(process: str, reset: Reset) -> Story:
    """What came of each call of node/story.mjs."""
    reset()
    result: Story = told_by(FOLDER, "story.mjs", process, {"template": TEMPLATE, "scenarios": SCENARIOS})
    return result


@pytest.fixture(scope="module")
def workflow_id(story: Story) -> str:
    return str(story["create"]["body"]["workflow_id"])


def test_success(story: Story, workflow_id: str) -> None:
    told = {"workflow_id": workflow_id}
    assert story["create"] == {"status": 201, "body": told}
    assert story["update"] == {"status": 201, "body": told}
    assert story["provision"] == {"status": 202, "body": told}
    assert story["deprovision"] == {"status": 200, "body": told}
    assert story["get"]["body"]["description"] == "new"
    assert "s3cret" not in json.dumps(story["get"])
    assert (story["delete"]["status"], story["delete"]["body"]["result"]) == (200, "deleted")
    assert list(story["steps"]["body"]) == ["noop", "reindex"]


def test_four_polls(story: Story) -> None:
    polls = [story[f"status {number}"]["body"] for number in (1, 2, 3, 4)]
    assert [poll["state"] for poll in polls] == STATES
    assert [len(poll.get("resources_created", [])) for poll in polls] == [0, 1, 3, 4]


def test_both_searches(story: Story, workflow_id: str) -> None:
    for name in ("search", "search_state"):
        assert [hit["_id"] for hit in story[name]["body"]["hits"]["hits"]] == [workflow_id]


def test_the_message_of_a_string_error_says_nothing(story: Story) -> None:
    """Its text is in the body alone."""
    assert story["unknown"] == {
        "error": "ResponseError",
        "message": "Response Error",
        "status": 404,
        "body": {"error": UNKNOWN},
    }
    refused = story["deprovision refused"]
    assert (refused["message"], refused["status"]) == ("Response Error", 403)
    assert refused["body"] == {"error": NEEDS_ALLOW_DELETE}
    again = story["provision again"]
    assert again["status"] == 400
    assert again["body"]["error"].startswith("The workflow provisioning state is DONE")


def test_the_message_of_an_object_error_says_what_is_wrong(story: Story) -> None:
    told = story["unknown parameter"]
    assert told["status"] == 400
    assert told["message"].startswith("illegal_argument_exception: [illegal_argument_exception] Reason: request [")
    assert "contains unrecognized parameter: [al] -> did you mean [all]?" in told["message"]


def test_what_is_not_there_is_false_to_head(story: Story) -> None:
    assert story["no index"] == {"status": 404, "body": False}


def test_yaml_comes_back_as_text(story: Story) -> None:
    assert story["yaml"]["status"] == 201
    assert story["yaml"]["body"].startswith('---\nworkflow_id: "')


def test_waiting(story: Story) -> None:
    assert (story["synchronous"]["status"], story["synchronous"]["body"]["state"]) == (202, "COMPLETED")
    failure = story["synchronous failure"]
    assert (failure["status"], failure["message"]) == (429, "Response Error")
    assert failure["body"]["error"].endswith("slow down, restStatus: TOO_MANY_REQUESTS")


def test_a_partial_deprovision_is_no_error(story: Story) -> None:
    assert story["partial"]["status"] == 202
    assert list(story["partial"]["body"]) == ["error"]
    assert story["partial"]["body"]["error"].startswith("Failed to deprovision some resources: [connector_id ")
