"""The scenario language's stubs: scripted responses for any path."""

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
            raise _refuse(f'{quoted(value)} is not a path; write "/_plugins/_ml/models/{{model_id}}"')
        _pattern(value)
    return value


def _pattern(text: str) -> PathPattern:
    try:
        return parse_pattern(text)
    except ValueError as error:
        raise _refuse(f"{quoted(text)} is not a request; {error}") from None


def _request(value: object) -> object:
    """Expands the short form ``GET /path`` to a mapping."""
    if not isinstance(value, str):
        return value
    pattern = _pattern(value)
    return {"path": pattern.path} | ({"method": pattern.method} if pattern.method else {})


def _json_path(text: str) -> str:
    try:
        parse_json_path(text)
    except ValueError as error:
        raise _refuse(f"{quoted(text)} is not a JSONPath; {error}") from None
    return text


class StubRequest(Model):
    """Which requests the stub answers. All conditions must hold; in texts ``*`` stands for any text."""

    method: Literal["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] | None = Field(
        default=None, description="The method. Default: any."
    )
    path: Annotated[Name, BeforeValidator(_path)] = Field(
        description="The path, such as /_plugins/_ml/models/{id}. {name} stands for one segment, * for text within "
        "one, a final /** for all further ones."
    )
    query: dict[Name, Text] = Field(default={}, description="Parameters of the query string and their values.")
    headers: dict[Name, Text] = Field(default={}, description="Headers and their values.")
    body: dict[Name, Any] = Field(
        default={},
        description='JSONPath expressions and the value that each finds in the JSON body; "*" means any value.',
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
    """A condition on the workflow that has the id in the path, otherwise on any workflow of the scenario."""

    state: Annotated[Name, suggested(STATES)] | None = Field(default=None, description="The workflow's state.")
    during: Window | None = Field(default=None, description="A window of the run's elapsed time, such as 1s..2s.")

    @model_validator(mode="after")
    def _something(self) -> "When":
        if self.state is None and self.during is None:
            raise _refuse("when is empty; write state, during, or both")
        return self


def _several(value: object) -> object:
    """Expands a single response to a list."""
    return [value] if isinstance(value, (str, dict)) else value


class Stub(Model):
    """A scripted response in place of the cluster's own."""

    name: Name | None = Field(default=None, description="Its name in journal and coverage. Default: the request.")
    request: Annotated[StubRequest, BeforeValidator(_request)] = Field(
        description="Which requests: GET /path/{id}, or {method, path, query, headers, body}."
    )
    when: When | None = Field(
        default=None,
        description="When it answers: in a state, during a time, or both. Else the next stub or the cluster answers.",
    )
    respond: Annotated[
        tuple[Answer, ...],
        BeforeValidator(_several),
        Field(min_length=1),
    ] = Field(
        strict=False, description="The response, or a list for the first call, the second and so on; the last repeats."
    )
    optional: bool = Field(default=False, description="true: a strict test passes although the stub never answers.")

    @property
    def label(self) -> str:
        """Its name, or its request."""
        return self.name or str(self.request.pattern)


SHORT_FORMS: Final = {"StubRequest": {"type": "string", "examples": ["GET /_cat/count"], "pattern": "^([A-Z]+ )?/"}}
"""The JSON Schemas of short forms: model -> schema."""

LISTS: Final = {"Stub": ("respond",)}
"""The keys that take a single entry in place of a list: model -> keys."""
