"""One fake cluster: its state, `World`, the functions that act on it, and `Cluster`, which holds it."""

from mockflow.cluster.changes import Changes, LoadedScenario
from mockflow.cluster.clock import DEFAULT_EPOCH, MODES, Clock, Mode
from mockflow.cluster.cluster import Cluster
from mockflow.cluster.journal import Exchange, Journal
from mockflow.cluster.moving import NeverError
from mockflow.cluster.polling import StuckError
from mockflow.cluster.scenarios import ClaimedError, TooManyError, UnknownScenarioError
from mockflow.cluster.settings import Settings
from mockflow.cluster.stored_template import StoredTemplate
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import UnknownWorkflowError, World

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
    "World",
]
