"""The scenario language's stubs: scripted answers for any path."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.findings import quoted
from mockflow.core.base.model import Model, Name, Text, suggested
from mockflow.core.base.path_pattern import PathPattern, parse_pattern
from mockflow.core.faults.model import Answer, Window
from mockflow.core.plugin.status import STATES
from mockflow.core.stubs.json_path import parse_json_path


def _refuse(reason: str) -> PydanticCustomError:
    return PydanticCustomError("stub", "{reason}", {"reason": reason})


def _path(value: object) -> object:
    if isinstance(value, str):
        if not value.startswith("/"):
            raise _refuse(f'{quoted(value)} is no path; write "/_plugins/_ml/models/{{model_id}}"')
        _pattern(value)
    return value


def _pattern(text: str) -> PathPattern:
    try:
        return parse_pattern(text)
    except ValueError as error:
        raise _refuse(f"{quoted(text)} is not a request; {error}") from None


def _request(value: object) -> object:
    """``GET /path`` in place of a mapping."""
    if not isinstance(value, str):
        return value
    pattern = _pattern(value)
    return {"path": pattern.path} | ({"method": pattern.method} if pattern.method else {})


def _json_path(text: str) -> str:
    try:
        parse_json_path(text)
    except ValueError as error:
        raise _refuse(f"{quoted(text)} is no JSONPath; {error}") from None
    return text


class StubRequest(Model):
    """Which requests. All that is named must hold; in texts ``*`` stands for any text."""

    method: Literal["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] | None = Field(
        default=None, description="The method; any, if left out."
    )
    path: Annotated[Name, BeforeValidator(_path)] = Field(
        description="The path. {name} stands for one segment, * for text within one, /** at the end for all further."
    )
    query: dict[Name, Text] = Field(default={}, description="Parameters of the query string and their values.")
    headers: dict[Name, Text] = Field(default={}, description="Headers and their values.")
    body: dict[Name, Any] = Field(
        default={},
        description='JSONPath expressions and what each finds in the JSON body; "*" means that something is there.',
    )

    @model_validator(mode="after")
    def _json_paths(self) -> "StubRequest":
        for expression in self.body:
            _json_path(expression)
        return self

    @property
    def pattern(self) -> PathPattern:
        return PathPattern(self.method, self.path)


class When(Model):
    """What must be true of the workflow that owns the id in the path, else of any of the scenario's."""

    state: Annotated[Name, suggested(STATES)] | None = Field(default=None, description="The workflow's state.")
    during: Window | None = Field(default=None, description="A window of the run's elapsed time, such as 1s..2s.")

    @model_validator(mode="after")
    def _something(self) -> "When":
        if self.state is None and self.during is None:
            raise _refuse("when is empty; write state, during, or both")
        return self


def _several(value: object) -> object:
    """One answer in place of a list of them."""
    return [value] if isinstance(value, (str, dict)) else value


class Stub(Model):
    """A scripted answer, before the cluster's own."""

    name: Name | None = Field(default=None, description="Its name in journal and coverage. The request, if left out.")
    request: Annotated[StubRequest, BeforeValidator(_request)] = Field(
        description="Which requests: GET /path/{id}, or {method, path, query, headers, body}."
    )
    when: When | None = Field(
        default=None, description="Only then; else the next stub, or the cluster itself, answers."
    )
    respond: Annotated[
        tuple[Answer, ...],
        BeforeValidator(_several),
        Field(min_length=1),
    ] = Field(
        strict=False, description="The answer; or a list: the first time, the second, and so on; the last repeats."
    )

    @property
    def label(self) -> str:
        """Its name, or its request."""
        return self.name or str(self.request.pattern)


SHORT_FORMS: Final = {"StubRequest": {"type": "string", "examples": ["GET /_cat/count"], "pattern": "^([A-Z]+ )?/"}}
"""What the JSON Schema takes in place of a mapping: model -> schema."""

LISTS: Final = {"Stub": ("respond",)}
"""Where the JSON Schema takes one entry in place of a list of them: model -> keys."""
