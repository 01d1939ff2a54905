"""What clients do with workflows, while there are more and more of them: does the thousandth cost what the first did?

One server process, one connection. Each new workflow goes through its life, and is provisioned again, so that it and
what it has made are still there when the next ones come. The ratio counts: the median of the last hundred calls of a
kind to that of the first hundred.
"""

import json
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from statistics import median
from typing import Any, Final
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table
from status import running

WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
SERVE: Final = ("-m", "mockflow", "serve", "--quiet", "--frozen", "--port", "0")
COMPARED: Final = 100
WARM_UP: Final = 30

Ask = Callable[[str, str, Any], Any]
"""Method, path and body of a request -> the decoded answer."""


class Clock:
    """Seconds of each operation's calls, in their order."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.calls: dict[str, list[float]] = {}

    def timed(self, operation: str, method: str, path: str, body: Any = None) -> Any:
        began = time.perf_counter()
        answer = self._ask(method, path, body)
        self.calls.setdefault(operation, []).append(time.perf_counter() - began)
        return answer


@click.command()
@click.option("--workflows", type=click.IntRange(2), default=1_000, show_default=True, help="How many there will be.")
def main(workflows: int) -> None:
    """Measure what each call costs while the number of workflows grows."""
    with running(*SERVE) as url:
        ask = asking(url)
        ask("PUT", "/_cluster/settings", {"persistent": {"plugins.flow_framework.max_workflows": 10_000}})
        for number in range(WARM_UP):
            workflow_id = live(Clock(ask), f"warm-up-{number}")
            ask("DELETE", f"{WORKFLOW}/{workflow_id}?clear_status=true", None)
        clock = Clock(ask)
        for number in range(workflows):
            live(clock, f"index-{number}")
    print_calls(clock.calls, workflows)


def live(clock: Clock, index: str) -> str:
    """One workflow's life; it ends provisioned. Returns its id."""
    created = clock.timed("create", "POST", WORKFLOW, template(index))
    path = f"{WORKFLOW}/{created['workflow_id']}"
    clock.timed("provision", "POST", f"{path}/_provision")
    clock.timed("status, running", "GET", f"{path}/_status")
    clock.timed("time passes", "POST", "/_mockflow/clock", {"advance": "10s"})
    clock.timed("status, done", "GET", f"{path}/_status?all=true")
    clock.timed("get", "GET", path)
    clock.timed("get index", "GET", f"/{index}")
    clock.timed("deprovision", "POST", f"{path}/_deprovision?allow_delete={index}")
    clock.timed("provision again", "POST", f"{path}/_provision")
    clock.timed("time passes", "POST", "/_mockflow/clock", {"advance": "10s"})
    clock.timed("update a field", "PUT", f"{path}?update_fields=true", {"description": "provisioned twice"})
    return str(created["workflow_id"])


def template(index: str) -> dict[str, Any]:
    """A group, a model in it and an index: three steps, two of them after one another, three entries."""
    model = {"name": "m", "version": "1", "model_format": "TORCH_SCRIPT"}
    nodes = [
        {"id": "group", "type": "register_model_group", "user_inputs": {"name": "models"}},
        {
            "id": "model",
            "type": "register_local_pretrained_model",
            "previous_node_inputs": {"group": "model_group_id"},
            "user_inputs": model,
        },
        {"id": "index", "type": "create_index", "user_inputs": {"index_name": index, "configurations": {}}},
    ]
    return {"name": index, "use_case": "BENCHMARK", "workflows": {"provision": {"nodes": nodes}}}


def asking(url: str) -> Ask:
    """Requests over one connection that is kept."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)

    def ask(method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {} if data is None else {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise click.ClickException(f"{method} {path}: {response.status} {text.decode()}")
        return json.loads(text)

    return ask


def print_calls(calls: dict[str, list[float]], workflows: int) -> None:
    many = min(COMPARED, workflows // 2)
    table = Table("operation", f"first {many}", f"last {many}", "ratio")
    for column in table.columns[1:]:
        column.justify = "right"
    for operation, seconds in calls.items():
        first, last = median(seconds[:many]), median(seconds[-many:])
        table.add_row(operation, f"{first * 1000:.2f} ms", f"{last * 1000:.2f} ms", f"{last / first:.2f}")
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    click.echo(f"{workflows:,} workflows; a ratio near 1 says that a call costs the same however many there are.")


if __name__ == "__main__":
    main()
