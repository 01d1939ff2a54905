"""The parts of a call of the control API: request, errors, body, and the description of its operation."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mockflow.cluster import Cluster, World
from mockflow.core.base.json_writer import loads
from mockflow.core.base.suggest import did_you_mean
from mockflow.loading.model_keys import field_of, is_model, keys_of
from mockflow.server.control.errors import ControlError
from mockflow.server.http.messages import Ahead, Request
from mockflow.server.rest.router import Route


@dataclass(frozen=True)
class ControlCall:
    """One request to the control API."""

    cluster: Cluster
    request: Request
    values: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def world(self) -> World:
        """The cluster's current world."""
        return self.cluster.world


Item = TypeVar("Item")


@dataclass(frozen=True)
class LongList(Generic[Item]):
    """A response with a list whose items are written one by one, as they are sent."""

    around: Callable[[list[Any]], dict[str, Any]]
    """The response that has a list of written items, as its last value."""
    items: Sequence[Item]
    written: Callable[[Item], dict[str, Any]]
    size: int
    """About the bytes of all items."""


@dataclass(frozen=True)
class Operation:
    """A handler, and its description for the OpenAPI document."""

    handle: Callable[[ControlCall], Any]
    summary: str
    response: type[BaseModel] | None = None
    is_list: bool = False
    body: type[BaseModel] | None = None
    takes_scenarios: bool = False
    """Whether its body is scenarios, in YAML or JSON."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters and their meaning."""
    errors: tuple[int, ...] = ()
    read_ahead: Callable[[Request], None] | None = None
    """Reads a large body and keeps what the handler needs of it, without the cluster: done in another thread."""
    handle_in_loop: Callable[[ControlCall], Awaitable[Any]] | None = None
    """As `handle`, with pauses in which the loop answers clients. With `read_ahead` only for a body read ahead."""
    media_types: tuple[str, ...] = ("application/json",)
    """The media types of its responses; for types other than JSON the handler returns a `Response`."""


ControlRoute = Route[Operation]


Body = TypeVar("Body", bound=BaseModel)


def read_body(call: ControlCall, model: type[Body]) -> Body:
    """The request's JSON as `model`; an empty body is an empty object. ControlError 400 for an invalid one."""
    request = call.request
    return (
        _read(request, model) if request.ahead is None else request.ahead.result(model, lambda: _read(request, model))
    )


def read_body_ahead(request: Request, model: type[BaseModel]) -> None:
    """Reads a large body now, and keeps what `read_body` gives."""
    request.ahead = Ahead()
    request.ahead.keep(model, lambda: _read(request, model))


def _read(request: Request, model: type[Body]) -> Body:
    try:
        return model.model_validate(loads(request.body or b"{}", parse_int=_whole))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        problems = [
            {"field": ".".join(map(str, e["loc"])), "message": _message(e, model)} for e in errors[:MAX_PROBLEMS]
        ]
        listed = "; ".join(f"{p['field']}: {p['message']}" if p["field"] else p["message"] for p in problems)
        if len(errors) > MAX_PROBLEMS:
            listed += f"; and {len(errors) - MAX_PROBLEMS} more"
        raise ControlError(400, listed, problems) from None
    except OverflowError:
        raise ControlError(400, "the body has a number that is too large") from None
    except (ValueError, RecursionError) as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:  # longer than any bound
        raise ValueError(f"a number has {len(text)} digits; no value here has more than {_MAX_DIGITS}")
    return int(text)


_MAX_DIGITS: Final = 1_000
MAX_PROBLEMS: Final = 50  # in one response


def _message(error: ErrorDetails, model: type[BaseModel]) -> str:
    """The message for one field, without pydantic's terms."""
    *outer, name = error["loc"] or ("",)
    if error["type"] == "extra_forbidden":
        keys = _keys_at(model, outer)
        return f"unknown; {_PYTHONS_TIMES if name == 'times' and 'calls' in keys else did_you_mean(str(name), keys)}"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "model_type":
        return f"should be a JSON object with {', '.join(_keys_at(model, error['loc']))}"
    return error["msg"].removeprefix("Value error, ").removeprefix("Input ")


_PYTHONS_TIMES: Final = 'for the first two calls write "calls": "1..2"; times is an argument of fail in Python'


def _keys_at(model: type[BaseModel], path: Iterable[int | str]) -> tuple[str, ...]:
    """The keys of the object at `path` within the object that `model` describes."""
    found: Any = model
    for part in path:
        if is_model(found):
            field = field_of(found, str(part))
            inner = _container(field.annotation) if field else None
        else:
            inner = _container(get_args(found)[1])
        found = inner or found  # a part may be a place in a list, or the form that pydantic has tried
    return keys_of(found) if is_model(found) else ()


def _container(annotation: Any) -> Any:
    """The model or dict in an annotation such as ``Annotated[X, ...] | None``."""
    if is_model(annotation) or get_origin(annotation) is dict:
        return annotation
    return next((found for arg in get_args(annotation) if (found := _container(arg))), None)
