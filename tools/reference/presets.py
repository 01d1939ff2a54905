"""The predefined responses, from their table."""

import json

from mockflow.core.faults.presets import PRESETS, Preset
from tools.reference.markdown import code, document, prose, table

_INTRODUCTION = """\
`respond` of a [fault or stub](../howto/faults.md) takes one of these names. The bodies are those of real clusters,
proxies and AWS; `{{permission}}` becomes the permission that the operation needs. `mockflow presets` lists them, and
`mockflow presets circuit_breaker` shows one.
"""


def page() -> str:
    rows = ((f"[{name}](#{name})", str(preset.status), preset.what) for name, preset in PRESETS.items())
    return document(
        "Presets",
        "`mockflow/core/faults/presets.py`",
        _INTRODUCTION,
        table(("preset", "status", "meaning"), rows),
        *(_section(name, preset) for name, preset in PRESETS.items()),
    )


def _section(name: str, preset: Preset) -> str:
    """One response; a body that is text stays as it is, between the lines of a block of its own language."""
    parts = [f"## {name}", prose(f"{preset.status}: {preset.what}. {_sender(preset)}")]
    if preset.headers:
        parts.append(table(("header", "value"), ((code(key), code(value)) for key, value in preset.headers.items())))
    if isinstance(preset.body, str):
        parts.append(f"```text\n{preset.body.replace(chr(13), '')}\n```" if preset.body else "The body is empty.")
    else:
        parts.append(f"```json\n{json.dumps(preset.body, indent=2)}\n```")
    return "\n\n".join(parts)


def _sender(preset: Preset) -> str:
    return "Something in front of the cluster sends it." if preset.is_foreign else ""
