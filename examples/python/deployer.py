"""Deploys a flow-framework template with opensearch-py: creates the workflow, provisions it, waits for its end.

Resources that a failure leaves behind are deleted. Usage: `python deployer.py http://localhost:9200 template.json`.
"""

import json
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from opensearchpy import OpenSearch

POLL_SECONDS = 5
LIMIT_SECONDS = 600
CLEAN_UPS = 3

Resource = dict[str, str]


class DeploymentError(Exception):
    """The workflow did not reach COMPLETED. `left` are the resources that could not be deleted."""

    def __init__(self, message: str, left: list[Resource] | None = None) -> None:
        super().__init__(message)
        self.left = left or []


def deploy(client: OpenSearch, template: dict[str, Any]) -> list[Resource]:
    """Deploys `template` and returns the created resources."""
    plugin = client.plugins.flow_framework
    workflow_id = plugin.create(body=template)["workflow_id"]
    plugin.provision(workflow_id=workflow_id)
    status = wait(client, workflow_id)
    resources: list[Resource] = status.get("resources_created", [])
    if status["state"] == "COMPLETED":
        return resources
    left = clean_up(client, workflow_id, resources)
    raise DeploymentError(f"{workflow_id}: {status.get('error', 'FAILED without a reason')}", left)


def wait(client: OpenSearch, workflow_id: str) -> dict[str, Any]:
    """The status once it is COMPLETED or FAILED. A workflow that takes too long is not changed."""
    end = monotonic() + LIMIT_SECONDS
    while True:
        status: dict[str, Any] = client.plugins.flow_framework.get_status(workflow_id=workflow_id)
        if status["state"] in ("COMPLETED", "FAILED"):
            return status
        if monotonic() + POLL_SECONDS > end:
            raise DeploymentError(f"{workflow_id}: still {status['state']} after {LIMIT_SECONDS} s")
        sleep(POLL_SECONDS)


def clean_up(client: OpenSearch, workflow_id: str, resources: list[Resource]) -> list[Resource]:
    """Deletes the resources, and returns those that could not be deleted.

    Indexes and pipelines are deleted only if they are named. A response with an error, although its status is 202,
    means that something is left.
    """
    plugin = client.plugins.flow_framework
    for _ in range(CLEAN_UPS):
        named = [each["resource_id"] for each in resources if each["resource_type"] in ("index_name", "pipeline_id")]
        answer = plugin.deprovision(
            workflow_id=workflow_id, params={"allow_delete": ",".join(named)} if named else None
        )
        if "error" not in answer:
            return []
        sleep(POLL_SECONDS)
        resources = plugin.get_status(workflow_id=workflow_id).get("resources_created", [])
    return resources


def main() -> None:
    url, file = sys.argv[1:]
    with OpenSearch(url) as client:
        try:
            resources = deploy(client, json.loads(Path(file).read_text("utf-8")))
        except DeploymentError as error:
            left = ", ".join(f"{each['resource_type']} {each['resource_id']}" for each in error.left)
            sys.exit(f"{error}" + (f"\nleft behind: {left}" if left else ""))
    for each in resources:
        print(f"{each['workflow_step_id']}: {each['resource_type']} {each['resource_id']}")


if __name__ == "__main__":
    main()
