"""What OpenSearch answers to a request that it refuses: message, exception class and status."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """One refusal. `exception` is the simple name of the Java class, `status` the name of a RestStatus.

    Of a workflow step's refusal, `exception` is the class that the plugin fails with and `cause` the class of
    OpenSearch's own exception behind it.
    """

    message: str
    exception: str = "IllegalArgumentException"
    status: str = "BAD_REQUEST"
    cause: str | None = None
    leaves_index: bool = False
    """Whether an index is made all the same: create_index sends its request even after it failed to read its input."""


class RefusedError(ValueError):
    """Carries a refusal out of a check."""

    def __init__(self, message: str, exception: str = "IllegalArgumentException", status: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.refusal = Refusal(message, exception, status)


def error_type(exception: str) -> str:
    """The type of a REST error for the simple name of a Java class, such as status_exception."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", exception.removeprefix("OpenSearch"))
    return words.lower()
