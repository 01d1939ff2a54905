"""Placeholder."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FlowFrameworkSettings:
    enabled: bool = True
    max_workflows: int = 1000
    max_workflow_steps: int = 50
