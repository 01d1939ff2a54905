"""What the tests of the Python API ask a cluster, as any program would."""

import json
import urllib.error
import urllib.request
from typing import Any, Final

from mockflow import ClusterHandle, Scenario

WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
STORY: Final = (
    Scenario("story")
    .workflow("w")
    .at("0s", state="PROVISIONING")
    .created("create_connector", "create_connector_1")
    .at("1m", state="COMPLETED")
)
SEMANTIC_SEARCH: Final = {"create_ingest_pipeline.model_id": "m", "create_index.name": "i"}


def request(url: str, path: str, body: Any = None, method: str | None = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    content = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    asked = urllib.request.Request(url + path, content, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def poll(url: str, workflow_id: str = "w") -> str:
    """The state of a workflow."""
    return str(request(url, f"{WORKFLOW}/{workflow_id}/_status")[1]["state"])


def create(cluster: ClusterHandle, body: Any = None, query: str = "use_case=semantic_search&provision=true") -> str:
    """Creates a workflow, by default one of two steps that is provisioned at once; its id."""
    status, answer = request(cluster.url, f"{WORKFLOW}?{query}", SEMANTIC_SEARCH if body is None else body)
    assert status in (201, 202), answer
    return str(answer["workflow_id"])


def ended(cluster: ClusterHandle, workflow_id: str) -> Any:
    """The status of a workflow at its end."""
    while poll(cluster.url, workflow_id) == "PROVISIONING":
        pass
    return request(cluster.url, f"{WORKFLOW}/{workflow_id}/_status")[1]
