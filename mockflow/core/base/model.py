"""What all models of the scenario language share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, WithJsonSchema

Text = Annotated[str, StringConstraints(strict=True)]
Name = Annotated[str, StringConstraints(strict=True, min_length=1)]


class Model(BaseModel):
    """Strict and frozen: nothing is guessed, nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def suggested(values: tuple[str, ...]) -> WithJsonSchema:
    """Any string, but an editor offers `values`."""
    return WithJsonSchema({"anyOf": [{"enum": list(values)}, {"type": "string"}]})
