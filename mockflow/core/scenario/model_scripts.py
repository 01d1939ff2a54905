"""The scenario language's models: what a model or an agent answers to a prediction."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.model import Model, Name, Text
from mockflow.core.faults.delay import HeldBack
from mockflow.core.ml.vectors import MAX_DIMENSION
from mockflow.core.opensearch.rest_status import REST_STATUS

_FIRST_ERROR: Final = 400


def _refuse(reason: str) -> PydanticCustomError:
    return PydanticCustomError("models", "{reason}", {"reason": reason})


def _known_status(value: int) -> int:
    if value < _FIRST_ERROR or value not in REST_STATUS.values():
        raise _refuse(f"{value} is no status of a failure; write one that OpenSearch knows, such as 429 or 503")
    return value


class RemoteFailure(Model):
    """An error of the service behind the model."""

    status: Annotated[int, AfterValidator(_known_status)] = Field(
        default=500, description="The HTTP status, which the client gets too. Default: 500."
    )
    message: Text = Field(default="", description="What the service says; the error's reason ends with it.")


class ModelAnswer(Model):
    """One answer. Exactly one of its keys."""

    text: Text | None = Field(
        default=None,
        description="What a model says, in the form of its connector's service, or an agent's result. "
        "Short form: the text itself.",
    )
    data: Any = Field(default=None, description="The service's whole answer, the dataAsMap of the output.")
    vector: Annotated[tuple[float, ...], Field(min_length=1, max_length=MAX_DIMENSION)] | None = Field(
        default=None, strict=False, description="The embedding of every text."
    )
    echo: bool = Field(default=False, description="true: the model says what it was asked.")
    inference_results: list[dict[str, Any]] | None = Field(
        default=None, description="The whole answer of the prediction, as ML Commons has it."
    )
    fails: RemoteFailure | None = Field(default=None, description="An error of the service behind the model.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "ModelAnswer":
        written = [key for key in type(self).model_fields if getattr(self, key) not in (None, False)]
        if len(written) != 1:
            said = f"{' and '.join(written)}; keep one of them" if written else "an answer is empty"
            raise _refuse(said if written else f"{said}; write {', '.join(type(self).model_fields)}")
        return self


def _answer(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


def _several(value: object) -> object:
    """Expands a single answer to a list."""
    return [value] if isinstance(value, (str, dict)) else value


class ModelScript(Model):
    """What some models or agents answer. Of several scripts for one model the first counts."""

    model: Name | None = Field(
        default=None, description='The models with this name or id; * stands for any text: "titan*".'
    )
    connector: Name | None = Field(default=None, description="The models whose connector has this name or id.")
    agent: Name | None = Field(default=None, description="The agents with this name or id.")
    answers: Annotated[
        tuple[Annotated[ModelAnswer, BeforeValidator(_answer)], ...], BeforeValidator(_several), Field(min_length=1)
    ] = Field(
        strict=False,
        description="The answer, or a list for the first call, the second and so on; the last repeats.",
    )
    latency: HeldBack | None = Field(default=None, description="How long each answer is held back, in wall time.")
    optional: bool = Field(default=False, description="true: a strict test passes although nobody asks the model.")

    @model_validator(mode="after")
    def _one_subject(self) -> "ModelScript":
        named = [key for key in _SUBJECTS if getattr(self, key) is not None]
        if len(named) != 1:
            raise _refuse(
                f"{' and '.join(named)}; keep one of them" if named else f"no subject; write {', '.join(_SUBJECTS)}"
            )
        return self

    @property
    def label(self) -> str:
        """What it is about, such as ``model titan*``."""
        return next(f"{key} {value}" for key in _SUBJECTS if (value := getattr(self, key)) is not None)


_SUBJECTS: Final = ("model", "connector", "agent")

SHORT_FORMS: Final = {"ModelAnswer": {"type": "string"}}
"""The JSON Schemas of short forms: model -> schema."""

LISTS: Final = {"ModelScript": ("answers",)}
"""The keys that take a single entry in place of a list: model -> keys."""
