"""The names of operations: those that the server serves, and no others."""

from mockflow.core.opensearch.operations import OF_A_WORKFLOW, OPERATIONS
from mockflow.server.endpoints.routing import router


def test_faults_and_permissions_know_every_operation() -> None:
    assert set(OPERATIONS) == {route.operation for route in router().routes}
    assert set(OPERATIONS) >= OF_A_WORKFLOW
