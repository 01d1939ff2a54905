"""A program that polls a workflow's status, tested against mockflow. Replace `wait` by your own program."""

import json
import time
import urllib.request

import pytest

WORKFLOW_ID = "8xL8bowB8y25Tqfenm50"


def wait(url, pause=1.0):
    """Polls until the workflow has ended, and returns its state."""
    while True:
        with urllib.request.urlopen(f"{url}/_plugins/_flow_framework/workflow/{WORKFLOW_ID}/_status") as answer:
            state = json.load(answer)["state"]
        if state in ("COMPLETED", "FAILED"):
            return state
        time.sleep(pause)


@pytest.mark.mockflow("scenarios/first.yaml")
def test_waits_until_it_is_completed(mockflow):
    assert wait(mockflow.url, pause=0) == "COMPLETED"  # time skips to the next keyframe after each poll
    mockflow.coverage().assert_complete()  # every part of the script was seen


@pytest.mark.mockflow("scenarios/first.yaml", clock="frozen")
def test_step_by_step(mockflow):
    workflow = mockflow.workflow(WORKFLOW_ID)
    assert workflow.state == "PROVISIONING"
    mockflow.clock.advance_to(state="COMPLETED")
    assert wait(mockflow.url, pause=0) == "COMPLETED"
    assert len(workflow.resources) == 2
