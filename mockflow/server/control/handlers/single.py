"""What the calls for single faults and single stubs share: their ids, and what is wrong with one."""

from collections.abc import Iterable
from typing import Final

from mockflow.core.base.findings import Finding
from mockflow.core.faults.model import Respond
from mockflow.server.control.errors import ControlError

_MAX_DIGITS: Final = 15


def number_of(text: str) -> int:
    """The id in a path; -1, which nothing has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS else -1


def refuse(findings: Iterable[Finding]) -> None:
    """Raises ControlError 400 if there are any."""
    if problems := [f"{finding.message}; {finding.hint}" for finding in findings]:
        raise ControlError(400, "; ".join(problems), [{"field": "", "message": message} for message in problems])


def refuse_body_file(respond: Respond | None) -> None:
    """Raises ControlError 400 for a `body_file` of `respond`, which only a scenario in a file may have."""
    if respond is not None and respond.body_file is not None:
        message = "body_file needs a scenario file; write body"
        raise ControlError(400, message, [{"field": "respond.body_file", "message": message}])
