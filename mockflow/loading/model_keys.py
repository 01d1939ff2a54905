"""Looks up the keys of the scenario language's models by a path in a document."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, TypeGuard, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mockflow.core.base.findings import Path
from mockflow.core.scenario.model import Scenario


def model_at(path: Path) -> type[BaseModel]:
    """The model that describes the mapping at `path`."""
    model: type[BaseModel] = Scenario
    parts = iter(path)
    for part in parts:
        field = field_of(model, part) if isinstance(part, str) else None
        if field and (inner := _model_in(field.annotation)):
            model = inner
            if get_origin(field.annotation) is dict:
                next(parts, None)  # a key that the user chose, such as a step's id
    return model


def field_of(model: type[BaseModel], key: str) -> FieldInfo | None:
    """The field with the name or alias `key`."""
    return next((field for name, field in model.model_fields.items() if (field.alias or name) == key), None)


@cache
def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a mapping that `model` describes."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def home_of(key: str) -> str | None:
    """Where in a scenario `key` belongs; None if no model has it."""
    if key in keys_of(Scenario):
        return "at the top, beside scenario"
    return _homes().get(key)


@cache
def _homes() -> dict[str, str]:
    """Key -> the first place where it belongs."""
    homes: dict[str, str] = {}
    for holder, model in _models_within(Scenario):
        for key in keys_of(model):
            homes.setdefault(key, f"under {holder}")
    return homes


def is_around(key: str, path: Path) -> bool:
    """Whether `key` belongs to a mapping around the one at `path`, or within it."""
    around = {part for part in path if isinstance(part, str)}
    within = {holder for holder, _ in _models_within(model_at(path))}
    holders = {holder for holder, model in _models_within(Scenario) if key in keys_of(model)}
    return key in keys_of(Scenario) or bool(holders & (around | within))


def description_of(path: Path) -> str:
    """The first sentence of the key's description in the models."""
    field = field_of(model_at(path[:-1]), str(path[-1]))
    text = (field.description or "") if field else ""
    sentence = text.partition(". ")[0].rstrip(".")
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def literals(annotation: Any) -> list[Any]:
    """The words of every Literal within a field's type."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [word for part in get_args(annotation) for word in literals(part)]


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether an annotation is a model's class. On Python 3.10 ``list[X]`` is an instance of `type`, but no class."""
    return get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _models_within(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models nested in `model`, with their keys."""
    for name, field in model.model_fields.items():
        if inner := _model_in(field.annotation):
            yield field.alias or name, inner
            yield from _models_within(inner)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if is_model(annotation):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
