"""The OpenAPI document of the control API, made from its routes and models."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mockflow._version import __version__
from mockflow.core.scenario.short_forms import allow_short_forms
from mockflow.server.control.call import ControlRoute, Operation
from mockflow.server.control.views import ErrorView

_REF: Final = "#/components/schemas/{model}"
_ERRORS: Final = {
    400: "The request is invalid; the message says how to correct it.",
    401: "The control API has a token, and it is missing or wrong.",
    403: "The request comes from a page of another site, or under a public name; or a file must not be written.",
    413: "The body is too large.",
    404: "The workflow, scenario, world, fault, stub, journal entry or file does not exist.",
    422: "What was expected of clients does not hold; the story says what they asked.",
    409: "The change is not possible; the message says why.",
}


def document(routes: Iterable[ControlRoute]) -> dict[str, Any]:
    """An OpenAPI 3.1 description of `routes`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    used: list[type[BaseModel]] = [ErrorView]
    for route in routes:
        used += [model for model in (route.handler.body, route.handler.response) if model and model not in used]
    _, schemas = models_json_schema([(model, "validation") for model in used], ref_template=_REF)
    allow_short_forms(schemas["$defs"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "mockflow: the control API", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "tokenInQuery": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
        "security": [{}, {"token": []}, {"tokenInQuery": []}],
    }


def _operation(route: ControlRoute) -> dict[str, Any]:
    operation = route.handler
    described: dict[str, Any] = {
        "operationId": route.operation,
        "summary": operation.summary,
        "responses": {"200": {"description": "Done.", "content": _content(operation)}},
    }
    for status in (400, 401, 403, *operation.errors):
        described["responses"][str(status)] = {
            "description": _ERRORS[status],
            "content": _json(_schema(ErrorView)),
        }
    names = re.findall(r"{(\w+)}", route.path)
    parameters = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    parameters += [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}}
        for name, meaning in operation.query.items()
    ]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {"content": _json(_schema(operation.body))}
    elif operation.takes_scenarios:
        described["requestBody"] = {"content": {"application/yaml": {"schema": {}}, **_json({})}}
    return described


def _content(operation: Operation) -> dict[str, Any]:
    schemas = {"application/json": _schema(operation.response, operation.is_list)}
    return {media: {"schema": schemas.get(media, {"type": "string"})} for media in operation.media_types}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _schema(model: type[BaseModel] | None, is_list: bool = False) -> dict[str, Any]:
    if model is None:
        return {"type": "object"}
    reference = {"$ref": _REF.format(model=model.__name__)}
    return {"type": "array", "items": reference} if is_list else reference
