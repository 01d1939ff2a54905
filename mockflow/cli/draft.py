"""`mockflow draft`: writes a scenario for an existing workflow template."""

import json
import re
from pathlib import Path
from textwrap import indent
from typing import Any, Final

import click

from mockflow.cli.options import print_problems
from mockflow.cli.sources import STDIN, STDIN_NAME
from mockflow.cli.templates import read_template
from mockflow.core.base.durations import format_duration, parse_duration
from mockflow.core.base.plain_text import plain
from mockflow.core.base.secrets import without_secrets
from mockflow.core.opensearch.ids import opensearch_id
from mockflow.core.plugin.graph import Sequence, node_timeout, sequence_of
from mockflow.core.plugin.template import Node, Template
from mockflow.core.plugin.typical import typical_work
from mockflow.loading.load import load_text
from mockflow.loading.writing import as_yaml


@click.command(
    short_help="Write a scenario for a workflow template.",
    epilog="Example: mockflow draft template.json -o scenarios/template.yaml",
)
@click.argument("template", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="The file to write, which must not exist. Default: stdout.")
@click.option(
    "--match",
    is_flag=True,
    help="For workflows that your program creates from the template, in place of one of its own.",
)
def draft(template: str, output: str | None, match: bool) -> None:
    """Write a scenario for TEMPLATE (JSON or YAML): its steps in order, each with a plausible duration.

    A template that the plugin would refuse is an error; steps that would fail are reported. Credentials and other
    secrets become (hidden). The path - is standard input.
    """
    read = read_template(template)
    file = STDIN_NAME if template == STDIN else Path(template).name
    text = drafted(read.content, read.template, file=file, match=match)
    _check(text, template)
    print_problems(read.problems, stderr=True)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with Path(output).open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise click.ClickException(f"{output} exists already; choose another file, or remove it first") from None
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"{output}: edit it, and see it with: mockflow show {output}", err=True)


def drafted(content: dict[str, Any], template: Template, *, file: str, match: bool) -> str:
    """The scenario's YAML. `content` is the content of the parsed `template`."""
    graph = template.provision
    assert graph is not None
    sequence = sequence_of(graph, workflow_id=None, max_steps=len(graph.nodes))
    name = template.name or "workflow"
    head: dict[str, Any] = {"scenario": _slug(name)}
    if template.description and template.description.strip():
        head["description"] = template.description
    parts = [
        f"# Drafted from {plain(file)}. See it with mockflow show, check it with mockflow check.\n",
        as_yaml(head),
    ]
    if match:
        parts += [_MATCH, as_yaml({"match": {"name": name}})]
    else:
        parts += [_OWN, as_yaml({"workflow_id": opensearch_id("workflow", name)})]
    parts += ["provision:\n", _STEPS, "  steps:\n", _steps(sequence), _deprovision(sequence)]
    if not match:
        parts += [_TEMPLATE, as_yaml({"template": without_secrets(content)})]
    return "".join(parts)


def _check(text: str, template: str) -> None:
    """Raises ClickException if the draft has problems, because of unusual names in the template."""
    if problems := load_text(text, f"{template} (the draft)").errors:
        raise click.ClickException("\n".join(map(str, problems)))


_OWN: Final = """\
# The workflow exists as soon as mockflow serves this file, and its time begins with the first status call. Put your own
# id here, or use `mockflow draft --match` for a workflow that your program creates.
"""
_MATCH: Final = """\
# For each workflow that your program creates with this name; * stands for any text.
# See "Workflows that your program creates" in mockflow's documentation.
"""
_STEPS: Final = """\
  # The steps in the plugin's order. Steps that do not wait for each other run in parallel. The durations are plausible,
  # not measured. With `fails` a step fails at its end; with `attempts` it fails in one run only.
"""
_TEMPLATE: Final = "# The template as a client sends it; (hidden) stands for a secret.\n"


def _steps(sequence: Sequence) -> str:
    works = {node.id: typical_work(node) for node in sequence.nodes}
    slowest = max(works, key=lambda node_id: parse_duration(works[node_id].takes))
    lines = []
    for node in sequence.nodes:
        takes = format_duration(parse_duration(works[node.id].takes))
        lines.append(f"{_key(node.id)}  # {_about(node, sequence)}\n")
        lines.append(f"  takes: {takes}  # {works[node.id].what}\n")
        if node.id == slowest:
            limit = format_duration(node_timeout(node))
            lines.append(f"  # fails: {{status: INTERNAL_SERVER_ERROR, message: why}}  # or timeout, after {limit}\n")
    return indent("".join(lines), "    ")


def _about(node: Node, sequence: Sequence) -> str:
    before = sequence.predecessors[node.id]
    waits = f", after {', '.join(map(plain, dict.fromkeys(before)))}" if before else ""
    return node.type + waits


def _deprovision(sequence: Sequence) -> str:
    last = sequence.nodes[-1].id
    kept = last if re.fullmatch(r"\w[\w-]*", last) else json.dumps(last)
    return f"""\
# The steps whose resources a deprovision leaves behind: here the last step at first, none when it is repeated.
# deprovision:
#   attempts:
#     - keeps: [{kept}]
#     - {{}}
"""


def _key(name: str) -> str:
    """A key as YAML, with its colon."""
    return as_yaml({name: 0}).removesuffix(" 0\n")


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-_") or "workflow"
