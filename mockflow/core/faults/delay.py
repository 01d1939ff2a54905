"""The scenario language's delays: how long a response is held back."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.durations import parse_duration
from mockflow.core.base.model import Model
from mockflow.core.script.plan import Duration


def refused(reason: str, **context: Any) -> PydanticCustomError:
    """The validation error of a fault. `key` in `context` names the key of the mapping that is wrong."""
    return PydanticCustomError("fault", "{reason}", {"reason": reason, **context})


class Uniform(Model):
    """A uniform distribution between two times."""

    min: Duration = Field(default="0s", description="The shortest delay.")
    max: Duration = Field(description="The longest delay.")

    @model_validator(mode="after")
    def _in_order(self) -> "Uniform":
        if parse_duration(self.max) < parse_duration(self.min):
            raise refused("max is shorter than min; the longest delay is max", key="max")
        return self


class LogNormal(Model):
    """A log-normal distribution, as of real latencies: most near the median, a few much longer."""

    median: Duration = Field(description="Half of the delays are shorter.")
    sigma: Annotated[float, Field(ge=0, le=5), BeforeValidator(lambda v: float(v) if type(v) is int else v)] = Field(
        description="How far they spread: the standard deviation of the logarithm, such as 0.5."
    )


def _one_delay(value: object) -> object:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        try:
            parse_duration(value)
        except ValueError as error:
            raise PydanticCustomError("time", "{reason}", {"reason": str(error)}) from None
        return {"fixed": value}
    if not isinstance(value, (Mapping, Delay)):
        raise refused("delay must be a time such as 500ms, or one of uniform and lognormal")
    return value


class Delay(Model):
    """How long the response is held back, in wall time, so that it counts for a client's time-out. One of these."""

    fixed: Duration | None = Field(default=None, description="A fixed time. Short form: delay: 500ms")
    uniform: Uniform | None = Field(default=None, description="A random time between min and max.")
    lognormal: LogNormal | None = Field(default=None, description="Most near the median, a few much longer.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Delay":
        if sum(getattr(self, key) is not None for key in type(self).model_fields) != 1:
            raise refused("delay must be one time; write 500ms, or one of uniform and lognormal")
        return self


HeldBack = Annotated[Delay, BeforeValidator(_one_delay)]
