"""What the Python API raises."""

from collections.abc import Sequence
from typing import Any


class MockFlowError(Exception):
    """The fake cluster cannot do what its owner asked; the message says why and what would be right."""

    def __init__(self, message: str, *, status: int = 0, problems: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status of the owner's door, such as 400, 404 or 409; 0 where the request did not come so far."""
        self.problems = tuple(problems)
        """What is wrong one by one, each as `mockflow check --format json` tells it: file, line, column, message."""


class ScenarioError(MockFlowError):
    """A scenario has problems; the message has each with its file, line and column."""


class NeverComesError(MockFlowError):
    """The moment that was asked for never comes by time alone."""
