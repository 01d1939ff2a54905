"""Reads workflow templates from files, with the plugin's refusals as errors."""

import json
from pathlib import Path
from typing import Any

import click

from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import sequence_of
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.versions import DEFAULT_VERSION, parse_version
from mockflow.loading.yaml12 import MAX_BYTES, read


def read_template(path: str, *, max_steps: int = 50) -> tuple[dict[str, Any], Template]:
    """The content of a template and the parsed template. Raises ClickException with what is wrong."""
    content = _content(path)
    try:
        template = parse_template(content)
        if template.provision is None:
            raise click.ClickException(f"{path}: no workflow to provision; write workflows: {{provision: ...}}")
        steps = parse_version(DEFAULT_VERSION).steps
        for graph in template.workflows.values():
            sequence_of(graph, workflow_id=None, max_steps=max_steps, catalogue=steps)
    except FlowFrameworkError as error:
        raise click.ClickException(f"{path}: the plugin would refuse this template: {error}") from None
    except ContentError as error:
        hint = "ids and names are text, versions like 1.0.0, nodes and edges lists, workflows and inputs mappings"
        raise click.ClickException(f"{path}: the plugin would refuse this template: it has {error}; {hint}") from None
    return content, template


def _content(path: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise click.ClickException(f"{path}: no such file") from None
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}") from None
    value = _json(text, path) if text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _yaml(text, path)
    if not isinstance(value, dict):
        raise click.ClickException(f"{path}: this is not a workflow template; it begins with its name and workflows")
    return value


def _json(text: bytes, path: str) -> Any:
    """The value of JSON text. Errors have their place. Text in YAML's flow style is read as YAML."""
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if path.endswith((".yaml", ".yml")):
            return _yaml(text, path)
        raise click.ClickException(f"{path}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: this is not UTF-8 text; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{path}: this is not JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"it has {name}")


def _yaml(text: bytes, path: str) -> Any:
    documents, problems = read(text, path)
    problems += [problem for document in documents for problem in document.problems]
    if problems:
        raise click.ClickException("\n".join(map(str, problems)))
    if len(documents) != 1:
        raise click.ClickException(f"{path}: {len(documents)} YAML documents; a template is one")
    return documents[0].value
