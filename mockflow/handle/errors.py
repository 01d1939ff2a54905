"""The exceptions of the Python API."""

from collections.abc import Sequence
from typing import Any


class MockFlowError(Exception):
    """A command failed. The message says why and what to do instead."""

    def __init__(self, message: str, *, status: int = 0, problems: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status of the control API, such as 400, 404 or 409; 0 if there was no response."""
        self.problems = tuple(problems)
        """The problems, each in the form of `mockflow check --format json`: file, line, column, message and so on."""


class ExpectationError(MockFlowError):
    """Clients did not ask what was expected of them. The journal's assertions turn it into an AssertionError."""

    story = ""
    """The requests, their responses and the timelines."""


class ScenarioError(MockFlowError):
    """A scenario has problems. The message lists each with its file, line and column."""


class NeverComesError(MockFlowError):
    """The requested moment is never reached by time alone."""
