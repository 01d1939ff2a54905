"""Common mistakes of programs that use flow-framework, each as a small program. test_wrong_habits.py catches them.

All of them occur in real programs.
"""

import re
from time import monotonic, sleep
from typing import Any

from opensearchpy import AsyncHttpConnection, AsyncOpenSearch, OpenSearch, TransportError

Template = dict[str, Any]


# -- waiting -----------------------------------------------------------------------------------------


def waits_for_complete(client: OpenSearch, workflow_id: str) -> None:
    """There is no state COMPLETE: it is COMPLETED."""
    while client.plugins.flow_framework.get_status(workflow_id=workflow_id)["state"] != "COMPLETE":
        sleep(3)


def knows_no_failure(client: OpenSearch, workflow_id: str) -> None:
    """FAILED is a final state, too."""
    while client.plugins.flow_framework.get_status(workflow_id=workflow_id)["state"] != "COMPLETED":
        sleep(1)


def has_no_time_limit(client: OpenSearch, workflow_id: str) -> str:
    """A workflow may stay PROVISIONING without end."""
    while True:
        state: str = client.plugins.flow_framework.get_status(workflow_id=workflow_id)["state"]
        if state in ("COMPLETED", "FAILED"):
            return state
        sleep(1)


def makes_no_pause(client: OpenSearch, workflow_id: str) -> str:
    """It polls as often as the cluster can answer."""
    end = monotonic() + 600
    while monotonic() < end:
        state: str = client.plugins.flow_framework.get_status(workflow_id=workflow_id)["state"]
        if state in ("COMPLETED", "FAILED"):
            return state
    raise TimeoutError(workflow_id)


def asks_on_after_the_end(client: OpenSearch, workflow_id: str) -> str:
    """It polls twenty times, whatever the state."""
    for _ in range(20):
        state: str = client.plugins.flow_framework.get_status(workflow_id=workflow_id)["state"]
        sleep(1)
    return state


def sleeps_and_hopes(client: OpenSearch, template: Template) -> list[dict[str, str]]:
    """Five seconds are enough on the author's machine."""
    workflow_id = client.plugins.flow_framework.create(body=template, params={"provision": "true"})["workflow_id"]
    sleep(5)
    resources: list[dict[str, str]] = client.plugins.flow_framework.get_status(workflow_id=workflow_id)[
        "resources_created"
    ]
    return resources


# -- reading what was created ------------------------------------------------------------------------


def takes_the_first(status: dict[str, Any]) -> str:
    """The list is absent if no step has created a resource."""
    indexes = [each for each in status.get("resources_created", []) if each["workflow_step_name"] == "create_index"]
    return str(indexes[0]["resource_id"])


def first_pipeline_wins(status: dict[str, Any]) -> str:
    """Ingest and search pipelines have the same resource type."""
    resources: list[dict[str, str]] = status["resources_created"]
    return next(each["resource_id"] for each in resources if each["resource_type"] == "pipeline_id")


def dict_by_step(status: dict[str, Any]) -> dict[str, str]:
    """A step that deploys its model lists two resources."""
    return {each["workflow_step_id"]: each["workflow_step_name"] for each in status["resources_created"]}


# -- reading answers ---------------------------------------------------------------------------------


def reads_the_status_of_provision(client: OpenSearch, workflow_id: str) -> bool:
    """The response has only a workflow_id."""
    return bool(client.plugins.flow_framework.provision(workflow_id=workflow_id)["status"] == "OK")


def two_hundred_is_success(client: OpenSearch, workflow_id: str) -> bool:
    """202 is a success, too: since 3.0 it is the status of an accepted provision."""
    status, _, _ = client.transport.get_connection().perform_request(
        "POST", f"/_plugins/_flow_framework/workflow/{workflow_id}/_provision"
    )
    return bool(status in (200, 201))


def no_exception_is_success(client: OpenSearch, workflow_id: str) -> None:
    """202 may be a partial success: the response has an error then, and something is left.

    Indexes and pipelines also need allow_delete.
    """
    client.plugins.flow_framework.deprovision(workflow_id=workflow_id)


def parses_the_error(status: dict[str, Any]) -> tuple[str, str]:
    """The format of the text has changed three times between releases."""
    found = re.fullmatch(r"(.+) during step (\w+), restStatus: (\w+)", status["error"])
    if not found:
        raise ValueError(status["error"])
    return found[2], found[3]


def makes_integers_of_the_version(client: OpenSearch) -> tuple[int, ...]:
    """A snapshot build is 3.2.0-SNAPSHOT."""
    return tuple(int(part) for part in client.info()["version"]["number"].split("."))


# -- what the client does ----------------------------------------------------------------------------


def sends_a_python_boolean(client: OpenSearch, template: Template) -> str:
    """In `params` it becomes "True", which OpenSearch refuses; the keyword argument becomes "true"."""
    return str(client.plugins.flow_framework.create(body=template, params={"provision": True})["workflow_id"])


async def relies_on_info(url: str, workflow_id: str) -> str:
    """With AsyncHttpConnection, which signed requests need, errors have no `info`."""
    async with AsyncOpenSearch(url, connection_class=AsyncHttpConnection) as client:
        try:
            await client.plugins.flow_framework.get_status(workflow_id=workflow_id)
        except TransportError as error:
            info: Any = error.info
            return str(info["error"])
    return ""
