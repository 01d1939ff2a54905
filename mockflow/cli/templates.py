"""Reads workflow templates from files, with the plugin's refusals as errors."""

from dataclasses import dataclass
from typing import Any

import click

from mockflow.cli.sources import STDIN, STDIN_NAME, stdin_text
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.versions import DEFAULT_VERSION, parse_version
from mockflow.loading.problems import Problem
from mockflow.loading.regular_files import read_regular
from mockflow.loading.templates import check_template, read_templates
from mockflow.loading.yaml12 import MAX_BYTES


@dataclass(frozen=True)
class TemplateFile:
    """A template that the plugin takes: its content, parsed and as it is, and its problems with a provision."""

    content: dict[str, Any]
    template: Template
    problems: list[Problem]
    """Steps that would fail, and placeholders that nothing fills in."""


def read_template(path: str) -> TemplateFile:
    """The template of a file, or of standard input for -. Raises ClickException with every refusal."""
    text = _text(path)
    path = STDIN_NAME if path == STDIN else path
    documents, problems = read_templates(text, path)
    if problems:
        raise click.ClickException("\n".join(map(str, problems)))
    if len(documents) != 1:
        raise click.ClickException(f"{path}: {len(documents)} YAML documents; a template is one")
    if not isinstance(documents[0].value, dict):
        raise click.ClickException(f"{path}: this is not a workflow template; it begins with its name and workflows")
    checked = check_template(documents[0], parse_version(DEFAULT_VERSION))
    if checked.refusals or checked.template is None:
        raise click.ClickException("\n".join(map(str, checked.refusals)))
    if checked.template.provision is None:
        raise click.ClickException(f"{path}: no workflow to provision; write workflows: {{provision: ...}}")
    return TemplateFile(documents[0].value, checked.template, checked.others)


def _text(path: str) -> bytes:
    if path == STDIN:
        return stdin_text()
    try:
        return read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        raise click.ClickException(f"{path}: no such file") from None
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}") from None
