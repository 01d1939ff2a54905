"""The scenario language's plans: runs that are scripted by steps instead of keyframes."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.durations import DURATION_PATTERN, parse_duration
from mockflow.core.base.model import Model, Name, Text, suggested
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.rest_status import FAILURES, REST_STATUS
from mockflow.core.plugin.planned import PlannedFailure, PlannedStep


def _duration(value: object) -> object:
    """Checks a duration and keeps its text, as `_moment` does."""
    try:
        parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("time", "{reason}", {"reason": str(error)}) from None
    return "0s" if value == 0 else value


Duration = Annotated[
    str,
    BeforeValidator(_duration),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"const": 0}]}),
]


def _failure_status(value: object) -> object:
    """The name of a failure status. The error for a number or a success says what would be right."""
    if value in FAILURES or not isinstance(value, (str, int)) or isinstance(value, bool):
        return value
    named = next((name for name, code in REST_STATUS.items() if str(code) == str(value)), None)
    if named in FAILURES:
        reason = f"{value} is a number; write its name, {named}"
    elif named or value in REST_STATUS:
        reason = f"{value} is not a failure; write a status of 400 or above, such as INTERNAL_SERVER_ERROR"
    else:
        reason = f'unknown status "{value}"; {did_you_mean(str(value), FAILURES)}'
    raise PydanticCustomError("rest_status", "{reason}", {"reason": reason})


# The short forms of mappings: model -> word.
SHORT_FORMS: Final = {"Fails": "timeout"}


def short_form(word: str, meant: Mapping[str, Any]) -> BeforeValidator:
    def expand(value: object) -> object:
        if value == word:
            return dict(meant)
        if isinstance(value, str):
            raise PydanticCustomError(
                "short_form", "{reason}", {"reason": f'unknown word "{value}"; write {word}, or a mapping'}
            )
        return value

    return BeforeValidator(expand)


class Fails(Model):
    """How a step fails."""

    status: Annotated[Name, BeforeValidator(_failure_status), suggested(FAILURES)] = Field(
        default="INTERNAL_SERVER_ERROR", description="The RestStatus of the failure, such as REQUEST_TIMEOUT."
    )
    message: Text | None = Field(default=None, description="The exception's message. Default: the step's own.")
    exception: Name | None = Field(
        default=None,
        description="The exception's class, such as OpenSearchStatusException. Default: WorkflowStepException.",
    )
    timeout: Literal[True] | None = Field(
        default=None, description="true: the step fails by its time-out, its duration unless takes is given."
    )

    def planned(self) -> PlannedFailure:
        """The same for the simulation."""
        return PlannedFailure(self.status, self.message, self.exception, is_timeout=bool(self.timeout))

    @model_validator(mode="after")
    def _timeout_alone(self) -> "Fails":
        if self.timeout and len(self.model_fields_set) > 1:
            reason = "a time-out has its own status and message; write fails: timeout"
            raise PydanticCustomError("timeout_alone", "{reason}", {"reason": reason})
        return self


class StepPlan(Model):
    """The plan of one step."""

    takes: Duration | None = Field(default=None, description='How long the step takes, such as "30s".')
    fails: Annotated[Fails, short_form(SHORT_FORMS["Fails"], {"timeout": True})] | None = Field(
        default=None, description="The step fails at its end: {status, message, exception}, or timeout."
    )

    def planned(self) -> PlannedStep:
        """The same for the simulation."""
        takes = None if self.takes is None else parse_duration(self.takes)
        return PlannedStep(takes, self.fails.planned() if self.fails else None)


class Deprovision(Model):
    """The plan of one deprovisioning."""

    keeps: tuple[Name, ...] = Field(
        default=(), strict=False, description="Ids of the steps whose resources cannot be deleted."
    )
    takes: Duration = Field(default="0s", description="How long the request waits while the resources disappear.")
