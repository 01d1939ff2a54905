"""What the last of many workflows costs beside the first: created, provisioned, polled, deprovisioned, deleted.

One client on one kept connection, a server process of its own: each workflow is created, provisioned and polled while
only those before it are there; then all are taken away. The clock is
frozen and steps take no time, so that all of them are COMPLETED and stay. The ratio counts, not the milliseconds.
"""

import http.client
import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final
from urllib.parse import urlsplit

import click
from processes import SERVE, running
from rich.console import Console
from rich.table import Table

BASE: Final = "/_plugins/_flow_framework/workflow"
GROWING: Final = ("create", "provision", "status", "get")
OPTIONS: Final = (*SERVE, "--frozen", "--step-time", "0")

Ask = Callable[[str, str, Any], Any]


@click.command()
@click.option("--workflows", default=1_000, show_default=True, type=click.IntRange(2, 1_000), help="How many.")
def main(workflows: int) -> None:
    """Compare the first tenth of so many workflows with the last tenth."""
    with running(*OPTIONS) as url:
        times = measured(url, workflows)
    part = max(workflows // 10, 1)
    table = Table("operation", f"first {part}", f"last {part}", "ratio")
    for column in table.columns[1:]:
        column.justify = "right"
    for operation, seconds in times.items():
        first, last = median(seconds[:part]) * 1000, median(seconds[-part:]) * 1000
        table.add_row(operation, f"{first:.3f} ms", f"{last:.3f} ms", f"{last / first:.2f}")
    Console(width=80).print(table)


def measured(url: str, workflows: int) -> dict[str, list[float]]:
    """The seconds that each operation took with each workflow, in order."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)

    def ask(method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        connection.request(method, BASE + path, content, {"Content-Type": "application/json"} if content else {})
        answer = json.load(connection.getresponse())
        if "error" in answer:
            raise click.ClickException(f"{method} {path}: {answer['error']}")
        return answer

    ids: list[str] = []

    def create(number: int) -> None:
        ids.append(ask("POST", "", template(number))["workflow_id"])

    operations: dict[str, Callable[[int], Any]] = {
        "create": create,
        "provision": lambda number: ask("POST", f"/{ids[number]}/_provision"),
        "status": lambda number: ask("GET", f"/{ids[number]}/_status?all=true"),
        "get": lambda number: ask("GET", f"/{ids[number]}"),
        "deprovision": lambda number: ask("POST", f"/{ids[number]}/_deprovision?allow_delete=i{number},p{number}"),
        "delete": lambda number: ask("DELETE", f"/{ids[number]}"),
    }
    times: dict[str, list[float]] = {name: [] for name in operations}
    for number in range(workflows):  # each while only those before it are there
        for name in GROWING:
            times[name].append(timed(operations[name], number))
    for name in [name for name in operations if name not in GROWING]:
        times[name] = [timed(operations[name], number) for number in range(workflows)]
    return times


def timed(operation: Callable[[int], Any], number: int) -> float:
    began = time.perf_counter()
    operation(number)
    return time.perf_counter() - began


def template(number: int) -> dict[str, Any]:
    """A pipeline, and an index that waits for it; each workflow has its own."""
    nodes = [
        {
            "id": "pipeline",
            "type": "create_ingest_pipeline",
            "user_inputs": {"pipeline_id": f"p{number}", "configurations": {"processors": []}},
        },
        {
            "id": "index",
            "type": "create_index",
            "previous_node_inputs": {"pipeline": "pipeline_id"},
            "user_inputs": {"index_name": f"i{number}", "configurations": {"settings": {}}},
        },
    ]
    return {"name": f"workflow {number}", "workflows": {"provision": {"nodes": nodes}}}


if __name__ == "__main__":
    main()
