"""One fake cluster: the only room where something changes."""

from mockflow.cluster.changes import Changes, LoadedScenario
from mockflow.cluster.clock import DEFAULT_EPOCH, MODES, Clock, Mode
from mockflow.cluster.cluster import (
    Cluster,
    NeverError,
    Settings,
    StuckError,
    UnknownWorkflowError,
)
from mockflow.cluster.journal import Exchange, Journal
from mockflow.cluster.scenarios import ClaimedError, TooManyError, UnknownScenarioError
from mockflow.cluster.workflow import StoredTemplate, Workflow

__all__ = [
    "DEFAULT_EPOCH",
    "MODES",
    "Changes",
    "ClaimedError",
    "Clock",
    "Cluster",
    "Exchange",
    "Journal",
    "LoadedScenario",
    "Mode",
    "NeverError",
    "Settings",
    "StoredTemplate",
    "StuckError",
    "TooManyError",
    "UnknownScenarioError",
    "UnknownWorkflowError",
    "Workflow",
]
