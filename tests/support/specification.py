"""The public API specification of the flow-framework plugin, and answers held against it.

The specification is looser than the plugin and in places wrong; where it and docs/reference/plugin.md disagree, that
page stands. Each such place is listed below with the reason, and the answers are held against what is right there.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator

from mockflow.server.endpoints.routing import router
from mockflow.server.http.messages import Request, Response
from mockflow.server.rest.router import Found
from tests.support.paths import SHARED

FILE: Final = SHARED / "spec" / "flow_framework.openapi.yaml"

OPERATIONS: Final = frozenset(
    {
        "create",
        "update",
        "get",
        "delete",
        "provision",
        "deprovision",
        "get_status",
        "get_steps",
        "search",
        "search_state",
    }
)


@dataclass(frozen=True)
class Disagreement:
    """A place in the document where docs/reference/plugin.md says something else."""

    path: tuple[str, ...]
    right: Any
    reason: str


def _schema(name: str, *path: str) -> tuple[str, ...]:
    return ("components", "schemas", f"flow_framework_{name}", *path)


def _response(name: str) -> tuple[str, ...]:
    return ("components", "responses", f"flow_framework.{name}", "content", "application/json", "schema")


_ERROR: Final = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "additionalProperties": False,
}
_RESOURCES: Final = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "required": ["workflow_step_name", "workflow_step_id", "resource_type", "resource_id"],
        "maxProperties": 4,
    },
}
_FULL: Final = "common__WorkFlowStatusFullResponse"
_FULL_REF: Final = f"#/components/schemas/flow_framework_{_FULL}"

DISAGREEMENTS: Final = (
    Disagreement(
        _response("get_status.200"),
        {"$ref": _FULL_REF},
        "the brief document has no fields of its own, and no states of its own either",
    ),
    Disagreement(_schema(_FULL, "properties", "resources_created"), _RESOURCES, "resources are objects"),
    Disagreement(
        _schema(_FULL, "properties", "provision_start_time"),
        {"type": "integer"},
        "times are epoch milliseconds",
    ),
    Disagreement(
        _schema(_FULL, "properties", "provision_end_time"),
        {"type": "integer"},
        "times are epoch milliseconds",
    ),
    Disagreement(
        _schema(_FULL, "properties", "user_outputs"),
        {"type": "object", "minProperties": 1},
        "outputs by name, absent when empty",
    ),
    Disagreement(
        _schema("common__WorkFlowState", "enum"),
        ["COMPLETED", "FAILED", "NOT_STARTED", "PROVISIONING", "UNKNOWN"],
        "UNKNOWN is told where a synchronous call cannot read the state",
    ),
    Disagreement(
        _schema("common__user", "properties", "user_requested_tenant"),
        {"type": ["string", "null"]},
        "null is sent; `nullable` means nothing in OpenAPI 3.1",
    ),
    Disagreement(
        _response("provision.400"),
        _ERROR,
        "oneOf of four schemas that all admit every error; there is no status key",
    ),
    Disagreement(
        _response("deprovision.403"),
        _ERROR,
        "oneOf of two schemas that both admit every error",
    ),
)

# Answers that the document does not list, and where they are told of. The plugin's errors all have one shape.
_NOTHING_TO_PROVISION: Final = "a template without a workflow to provision"
_VIRGIN_TENANTS: Final = "tenants before the first workflow (docs/reference/plugin.md, Access control and tenants)"
UNLISTED: Final[Mapping[tuple[str, int], tuple[Any, str]]] = {
    **{
        (operation, status): (_ERROR, reason)
        for operation, status, reason in (
            *((one, 500, _NOTHING_TO_PROVISION) for one in ("create", "update", "provision")),
            *((one, 500, _VIRGIN_TENANTS) for one in ("get", "get_status", "delete")),
            ("update", 429, "too many at a time, with tenants (docs/reference/plugin.md, Access control and tenants)"),
            ("create", 501, "unknown steps"),
            ("update", 403, "denied steps, and a disabled plugin"),
            ("update", 501, "unknown steps"),
            ("provision", 404, "an unknown template"),
            ("provision", 501, "unknown steps"),
            ("deprovision", 429, "too many at a time, with tenants"),
            ("deprovision", 500, "an unknown workflow before 2.16"),
            ("provision", 429, "too many at a time, with tenants"),
            ("deprovision", 400, "another's workflow before 3.0"),
            ("get", 400, "another's workflow before 3.0"),
            ("get_status", 400, "another's workflow before 3.0"),
            ("get", 403, "a disabled plugin"),
            ("delete", 404, "no template was ever created"),
            ("search", 404, "no template was ever created"),
            ("search_state", 404, "no template was ever created"),
        )
    },
    ("update", 202): (
        {"$ref": "#/components/schemas/flow_framework_common__WorkflowIDResponse"},
        "with provision or reprovision",
    ),
}
_SYNCHRONOUS: Final = "wait_for_completion_timeout"


@dataclass
class Checker:
    """Collects the answers that are not as the specification and docs/reference/plugin.md have them."""

    document: Mapping[str, Any]
    checked: set[str] = field(default_factory=set)
    """The operations of which an answer was looked at."""
    mismatches: dict[str, str] = field(default_factory=dict)
    _known: set[tuple[str, int, bytes]] = field(default_factory=set)

    def look_at(self, request: Request, response: Response) -> None:
        """Holds one answer against the schema of its operation and status."""
        path, _, query = request.target.partition("?")
        found = router().find(request.method, path)
        if not isinstance(found, Found) or found.route.operation not in OPERATIONS:
            return
        if not response.content_type.startswith("application/json") or "filter_path" in query:
            return
        operation, status = found.route.operation, response.status
        if (operation, status, response.body) in self._known:
            return
        self._known.add((operation, status, response.body))
        self.checked.add(operation)
        body = json.loads(response.body)
        is_synchronous_failure = status >= 400 and _SYNCHRONOUS in query
        for problem in self._problems(operation, status, body, is_synchronous_failure):
            told = f"{request.method} {request.target} -> {status} {response.body.decode()[:300]}"
            self.mismatches.setdefault(f"{operation} {status}: {problem}", told)

    @staticmethod
    def _problems(operation: str, status: int, body: Any, is_synchronous_failure: bool) -> list[str]:
        if "status" in body or isinstance(body.get("error"), dict):
            return [] if body.get("status") == status else [f"a core error whose status is {body.get('status')}"]
        validator = _compiled().get((operation, status))
        if validator is None and is_synchronous_failure:
            validator = _plain_error()  # a failed step's own status
        if validator is None:
            return ["the document has no such answer"]
        return [f"{error.json_path}: {error.message}"[:200] for error in validator.iter_errors(body)]


def load() -> Checker | None:
    """The checker, or None where the specification is not here."""
    return Checker(_amended()) if FILE.exists() else None


def read() -> dict[str, Any]:
    """The document as it is published."""
    document: dict[str, Any] = yaml.load(FILE.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


@cache
def _amended() -> dict[str, Any]:
    document = read()
    for it in DISAGREEMENTS:
        *outer, last = it.path
        place = document
        for name in outer:
            place = place[name]
        assert last in place, f"the document has no {it.path} any more"
        place[last] = deepcopy(it.right)
    return document


@cache
def _compiled() -> Mapping[tuple[str, int], Draft202012Validator]:
    document = _amended()
    components = {"components": document["components"]}
    prefix = "flow_framework."
    schemas: dict[tuple[str, int], Any] = {
        (name.removeprefix(prefix).rpartition(".")[0], int(name.rpartition(".")[2])): {
            "$ref": f"#/components/responses/{name}/content/application~1json/schema"
        }
        for name in document["components"]["responses"]
    }
    assert not schemas.keys() & UNLISTED.keys(), "the document lists them by now"
    schemas |= {key: schema for key, (schema, _) in UNLISTED.items()}
    return {key: Draft202012Validator({**components, **schema}) for key, schema in schemas.items()}


@cache
def _plain_error() -> Draft202012Validator:
    return Draft202012Validator(_ERROR)
