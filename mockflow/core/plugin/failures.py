"""The error text of a failed step, in the plugin's four formats (docs/reference/plugin.md, "A failed step")."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mockflow.core.opensearch.rest_status import REST_STATUS


@dataclass(frozen=True)
class Failure:
    """The reason of a failed step: the name of a RestStatus, the exception's class and its message.

    `exception` is a class name with or without its package.
    """

    status: str
    message: str
    exception: str = "WorkflowStepException"
    about: str | None = field(default=None, compare=False)
    """The input that is wrong, if it is one."""
    reason: str = field(default="", compare=False)
    """What is wrong, where the message does not say it."""
    leaves_resource: bool = field(default=False, compare=False)
    """Whether the step makes its resource all the same. It leaves no entry in resources_created."""

    @property
    def simple_name(self) -> str:
        return self.exception.rpartition(".")[2]

    @property
    def full_name(self) -> str:
        if "." in self.exception:
            return self.exception
        return _PACKAGES.get(self.exception, "org.opensearch") + "." + self.exception

    @property
    def has_no_cause(self) -> bool:
        """Whether it is thrown by itself: releases 2.14 to 3.0 then show its message, else the class of its cause."""
        return self.is_the_plugins_own or self.simple_name in _WITHOUT_CAUSE

    @property
    def is_the_plugins_own(self) -> bool:
        return self.simple_name in _OWN


_OWN: Final = frozenset({"FlowFrameworkException", "WorkflowStepException"})
_WITHOUT_CAUSE: Final = frozenset(
    {
        "ActionRequestValidationException",
        "ClassCastException",
        "IllegalArgumentException",
        "NullPointerException",
        "UnsupportedOperationException",
    }
)
_PACKAGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(_OWN, "org.opensearch.flowframework.exception"),
    "TimeoutException": "java.util.concurrent",
    "IllegalArgumentException": "java.lang",
    "IllegalStateException": "java.lang",
    "NullPointerException": "java.lang",
    "IOException": "java.io",
}


def _full_class(step: str, failure: Failure) -> str:
    return f"{failure.full_name} during step {step}"


def _full_class_and_status(step: str, failure: Failure) -> str:
    return f"{_full_class(step, failure)}, restStatus: {failure.status}"


def _message_or_class(step: str, failure: Failure) -> str:
    what = failure.message if failure.has_no_cause else failure.full_name
    return f"{what} during step {step}, restStatus: {failure.status}"


def _simple_class_and_message(step: str, failure: Failure) -> str:
    message = f", {failure.message}" if failure.is_the_plugins_own else ""
    return f"{failure.simple_name} during step {step}{message}, restStatus: {failure.status}"


ERROR_FORMATS: Final[Mapping[str, Callable[[str, Failure], str]]] = {
    "class": _full_class,
    "class_and_status": _full_class_and_status,
    "message": _message_or_class,
    "class_and_message": _simple_class_and_message,
}


def status_in(error: str | None) -> int:
    """The HTTP status in an error text; 500 if there is none."""
    found = re.search(r"restStatus: ([A-Z_]+)$", error or "")
    return REST_STATUS.get(found[1] if found else "", 500)
