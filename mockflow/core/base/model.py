"""The base of all models of the scenario language."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, WithJsonSchema

Text = Annotated[str, StringConstraints(strict=True)]
Name = Annotated[str, StringConstraints(strict=True, min_length=1)]


class Model(BaseModel):
    """Strict and frozen: values are not converted, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def suggested(values: tuple[str, ...]) -> WithJsonSchema:
    """A JSON Schema for any string; editors suggest `values`."""
    return WithJsonSchema({"anyOf": [{"enum": list(values)}, {"type": "string"}]})
