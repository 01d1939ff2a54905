"""One fake cluster: the only room where something changes."""

from mockflow.cluster.clock import DEFAULT_EPOCH, MODES, Clock, Mode
from mockflow.cluster.cluster import (
    ClaimedError,
    Cluster,
    LoadedScenario,
    NeverError,
    Settings,
    UnknownScenarioError,
    UnknownWorkflowError,
)
from mockflow.cluster.workflow import StoredTemplate, Workflow

__all__ = [
    "DEFAULT_EPOCH",
    "MODES",
    "ClaimedError",
    "Clock",
    "Cluster",
    "LoadedScenario",
    "Mode",
    "NeverError",
    "Settings",
    "StoredTemplate",
    "UnknownScenarioError",
    "UnknownWorkflowError",
    "Workflow",
]
