"""The errors of the control API, and how its JSON is written. Every server imports it, so it is small."""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.json_writer import dumps
from mockflow.server.http.messages import Response

NO_HEADERS: Final[Mapping[str, str]] = {}


class ControlError(Exception):
    """An error response: the status, a message with the remedy, and a list of problems."""

    def __init__(
        self, status: int, message: str, problems: list[Any] | None = None, *, story: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = problems or []
        self.story = story
        """What clients asked and were answered, where that is the error."""


def refused(status: int, message: str, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """An error in the form of the control API."""
    return json_response(status, error_body(message), headers)


def error_body(message: str, problems: list[Any] | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    return {"error": {"message": message, "problems": problems or []}}


def json_response(status: int, content: Any, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """A response of plain JSON."""
    text = dumps(content, ensure_ascii=False)
    if len(text) <= _MAX_INDENTED:
        text = dumps(content, indent=2, ensure_ascii=False)
    text += "\n"
    return Response(status, text.encode("utf-8", "replace"), "application/json", headers)


_MAX_INDENTED: Final = 100_000
"""The characters of a response up to which it is indented, which takes ten times longer."""
