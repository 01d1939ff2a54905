"""The scenario language's plans: who a scenario applies to, and runs told by their steps instead of keyframes."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.durations import DURATION_PATTERN, parse_duration
from mockflow.core.model import Model, Name, Text, suggested
from mockflow.core.rest_status import FAILURES, REST_STATUS
from mockflow.core.suggest import did_you_mean


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
    """A name; for a number or a success the reason says what would be right."""
    if value in FAILURES or not isinstance(value, (str, int)) or isinstance(value, bool):
        return value
    named = next((name for name, code in REST_STATUS.items() if str(code) == str(value)), None)
    if named in FAILURES:
        reason = f"{value} is a number; write its name, {named}"
    elif named or value in REST_STATUS:
        reason = f"{value} is no failure; write a status from 400 on, such as INTERNAL_SERVER_ERROR"
    else:
        reason = f'unknown status "{value}"; {did_you_mean(str(value), FAILURES)}'
    raise PydanticCustomError("rest_status", "{reason}", {"reason": reason})


# Where one word may stand for a mapping: model -> the word.
SHORT_FORMS: Final = {"Match": "everything", "Fails": "timeout"}


def _short_form(word: str, meant: Mapping[str, Any]) -> BeforeValidator:
    def expand(value: object) -> object:
        if value == word:
            return dict(meant)
        if isinstance(value, str):
            raise PydanticCustomError(
                "short_form", "{reason}", {"reason": f'"{value}" is not known; write {word}, or a mapping'}
            )
        return value

    return BeforeValidator(expand)


class Match(Model):
    """Which workflows of clients a scenario speaks for. All that is named must hold."""

    use_case: Name | None = Field(default=None, description="The template's use_case, such as SEMANTIC_SEARCH.")
    name: Name | None = Field(default=None, description='The template\'s name; * stands for any text: "bedrock*".')
    header: Annotated[dict[Name, Text], Field(min_length=1)] | None = Field(
        default=None, description="Headers of the create request, such as {X-Mockflow-Scenario: slow}."
    )
    everything: Literal[True] | None = Field(
        default=None, description="true, in place of all others: every workflow. Short form: match: everything"
    )

    @model_validator(mode="after")
    def _something(self) -> "Match":
        named = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if not named or (self.everything and len(named) > 1):
            reason = "match has everything beside other keys" if named else "match is empty"
            reason += "; write match: everything, or what must hold: use_case, name, header"
            raise PydanticCustomError("match_something", "{reason}", {"reason": reason})
        return self

    def covers(self, *, name: str, use_case: str, headers: Mapping[str, str]) -> bool:
        """Whether a workflow that is created so is meant. Header names count in any case."""
        return (
            (self.use_case is None or self.use_case == use_case)
            and (self.name is None or fnmatchcase(name, self.name.replace("[", "[[]")))
            and all(headers.get(header) == value for header, value in (self.header or {}).items())
        )

    @property
    def specificity(self) -> tuple[bool, bool, int, bool]:
        """The greater wins: header, exact name, longer glob, use case, everything."""
        is_glob = self.name is not None and any(mark in self.name for mark in "*?")
        return (
            self.header is not None,
            self.name is not None and not is_glob,
            len(self.name or "") if is_glob else 0,
            self.use_case is not None,
        )


class Fails(Model):
    """How a step fails."""

    status: Annotated[Name, BeforeValidator(_failure_status), suggested(FAILURES)] = Field(
        default="INTERNAL_SERVER_ERROR", description="The RestStatus of the failure, such as REQUEST_TIMEOUT."
    )
    message: Text | None = Field(default=None, description="The exception's message. Made of the step if left out.")
    exception: Name | None = Field(
        default=None,
        description="The exception's class, such as OpenSearchStatusException. WorkflowStepException if left out.",
    )
    timeout: Literal[True] | None = Field(
        default=None, description="true: the step runs into its time-out, and takes that long if takes does not tell."
    )

    @model_validator(mode="after")
    def _timeout_alone(self) -> "Fails":
        if self.timeout and len(self.model_fields_set) > 1:
            reason = "a time-out has its own status and message; write fails: timeout"
            raise PydanticCustomError("timeout_alone", "{reason}", {"reason": reason})
        return self


class StepPlan(Model):
    """How one step of a run goes."""

    takes: Duration | None = Field(default=None, description='How long the step takes, such as "30s".')
    fails: Annotated[Fails, _short_form(SHORT_FORMS["Fails"], {"timeout": True})] | None = Field(
        default=None, description="The step fails at its end: {status, message, exception}, or timeout."
    )


class Deprovision(Model):
    """How one deprovisioning goes."""

    keeps: tuple[Name, ...] = Field(
        default=(), strict=False, description="Ids of the steps whose resources cannot be deleted."
    )
    takes: Duration = Field(default="0s", description="How long the request waits while the resources disappear.")


MATCH: Final = _short_form(SHORT_FORMS["Match"], {"everything": True})
