"""The request that a connector would send: its body with the parameters put in.

Source: HttpConnector and AbstractConnector of ML Commons (read; docs/reference/opensearch.md, "ML Commons").
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.json_writer import loads
from mockflow.core.opensearch.refusal import RefusedError

_PLACEHOLDER: Final = re.compile(r"\$\{parameters\.([^}]*)}")
_DEFAULT: Final = ":-"
_MAX: Final = 4 * 1024 * 1024


def action_of(connector: Mapping[str, Any]) -> Mapping[str, Any]:
    """The connector's action of type PREDICT; empty where it has none."""
    actions = [action for action in connector.get("actions") or () if isinstance(action, dict)]
    return next((action for action in actions if str(action.get("action_type", "")).upper() == "PREDICT"), {})


def parameters_of(connector: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The connector's parameters and those of the request, which win, as texts."""
    own = connector.get("parameters")
    both = {**(own if isinstance(own, dict) else {}), **given}
    return {name: value if isinstance(value, str) else _json(value) for name, value in both.items()}


def check_payload(connector: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises RefusedError where the request that a prediction sends is no JSON, or lacks parameters."""
    body = action_of(connector).get("request_body")
    if not isinstance(body, str):
        return
    parameters = parameters_of(connector, given)
    size = len(body)

    def value(found: re.Match[str]) -> str:
        nonlocal size
        name, _, default = found[1].partition(_DEFAULT)
        text = parameters.get(name, default if _DEFAULT in found[1] else None)
        written = found[0] if text is None else text if _is_json(text) else json.dumps(text, ensure_ascii=False)[1:-1]
        size += len(written)
        return written if size <= _MAX else found[0]

    payload = _PLACEHOLDER.sub(value, body)
    if not _is_json(payload):
        raise RefusedError(f"Invalid payload: {payload}")
    if missing := _PLACEHOLDER.findall(payload):
        raise RefusedError(f"Some parameter placeholder not filled in payload: {', '.join(missing)}")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_json(text: str) -> bool:
    """Whether a text is a JSON object or array, or a number or truth value: these go in as they are."""
    try:
        return not isinstance(loads(text), str)
    except (ValueError, RecursionError):
        return False
