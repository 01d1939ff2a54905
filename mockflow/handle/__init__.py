"""The Python API: a fake cluster, its clock, workflows and journal as objects."""

from mockflow.handle.builder import Scenario
from mockflow.handle.clock import ClockHandle
from mockflow.handle.cluster import ClusterHandle
from mockflow.handle.coverage import Coverage, Part
from mockflow.handle.errors import MockFlowError, NeverComesError, ScenarioError
from mockflow.handle.journal import JournalHandle
from mockflow.handle.mockflow import MockFlow
from mockflow.handle.workflow import Moment, WorkflowHandle
from mockflow.server.control.exchange import Exchange
from mockflow.server.control.polls import Polling

__all__ = [
    "ClockHandle",
    "ClusterHandle",
    "Coverage",
    "Exchange",
    "JournalHandle",
    "MockFlow",
    "MockFlowError",
    "Moment",
    "NeverComesError",
    "Part",
    "Polling",
    "Scenario",
    "ScenarioError",
    "WorkflowHandle",
]
