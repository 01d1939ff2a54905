"""The control API, from its OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockflow.server.control.openapi import document as described
from mockflow.server.control.routes import ROUTES
from tools.reference import scenario
from tools.reference.markdown import anchor, code, document, prose, table
from tools.reference.schema import Definitions

_INTRODUCTION = """\
The paths under `/_mockflow` control the fake cluster. [Control it over HTTP](../howto/control-api.md) shows a
session, and [Protect the control API](../howto/protect-the-control-api.md) says who may use it. `GET
/_mockflow/openapi.json` returns the OpenAPI document from which this page is made; generators of typed clients read
it.

A request may also get 400 (it is invalid), 401 (the token is missing or wrong) or 403 (it comes from another web
site). The body of an error is an [ErrorView](#errorview).
"""
_COMMON = ("200", "400", "401", "403")


def page() -> str:
    document_ = described(ROUTES)
    schemas: Mapping[str, Any] = document_["components"]["schemas"]
    elsewhere = scenario.names()
    definitions = Definitions(schemas, elsewhere)
    calls = [
        (method.upper(), path, call) for path, calls in document_["paths"].items() for method, call in calls.items()
    ]
    rows = ((f"[`{method} {path}`](#{anchor(f'{method} {path}')})", call["summary"]) for method, path, call in calls)
    used = [name for name in definitions.in_order({"calls": document_["paths"]}) if name not in elsewhere]
    return document(
        "Control API",
        "the OpenAPI document of `mockflow/server/control/`",
        _INTRODUCTION,
        "## Calls",
        table(("call", "does"), rows),
        *("\n\n".join(filter(None, _call(definitions, *each))) for each in calls),
        "## Objects",
        *(scenario.definition(definitions, name, schemas[name], "###") for name in used),
    )


def _call(definitions: Definitions, method: str, path: str, call: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    yield prose(call["summary"])
    parameters = ((code(each["name"]), each["in"], each.get("description", "")) for each in call.get("parameters", ()))
    yield table(("parameter", "in", "meaning"), parameters)
    if body := call.get("requestBody"):
        yield f"Body: {_content(definitions, body['content'])}"
    yield f"Response: {_content(definitions, call['responses']['200']['content'])}"
    errors = {code: each["description"] for code, each in call["responses"].items() if code not in _COMMON}
    yield table(("status", "when"), errors.items())


def _content(definitions: Definitions, content: Mapping[str, Any]) -> str:
    """The value of JSON, or the media types."""
    if "application/json" in content and len(content) == 1:
        return definitions.value(content["application/json"].get("schema", {}))
    return re.sub(r", (?=[^,]*$)", " or ", ", ".join(map(code, content)))
