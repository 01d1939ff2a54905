"""What large numbers cost: n keyframes, scenarios, faults, stubs, outages, resources, nodes or workflows.

Each row is a process of its own, so that its memory counts for itself. The cluster is called without sockets: the
functions that answer clients and the control API are called as the server calls them. A row whose preparation takes
longer than `--limit` is cut off.

``load`` is from the YAML files to the world. A ``poll`` is `GET _status`, ``create`` a create of a workflow, ``other``
is `GET /`, ``near miss`` a path without a route. ``view``, ``list`` and ``coverage`` are `GET
/_mockflow/workflows/{id}`, `/workflows` and `/coverage`. ``put`` loads one small scenario, ``remove`` removes it.
``memory`` is what the process has grown by, from before the load to the end.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from multidict import CIMultiDict
from rich.console import Console
from rich.table import Table

SIZES: Final = (1_000, 3_000, 10_000)
SCENARIOS_A_FILE: Final = 1_000
MAX_WORKFLOWS: Final = 10_000  # that the plugin allows
ROOM: Final = 20  # for those that a row creates
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
COLUMNS: Final = (
    *("load", "first poll", "poll", "create", "other", "near miss"),
    *("view", "view size", "list", "coverage", "put", "remove", "reset", "memory"),
)

Texts = Iterator[str]


@dataclass(frozen=True)
class Case:
    """What there is n of: the documents of the scenario files, and what clients or the control API add then."""

    documents: Callable[[int], Texts]
    add: Callable[["Caller", int], None] | None = None
    documents_a_file: int = SCENARIOS_A_FILE


class Caller:
    """Calls a cluster without sockets."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._loop = asyncio.new_event_loop()

    def __call__(self, method: str, target: str, body: Any = None, headers: Any = ()) -> Any:
        """The response. Raises ClickException for an answer that is an error, 400 for an unknown path excepted."""
        from mockflow.server.answer import answer
        from mockflow.server.control.answer import answer as control
        from mockflow.server.http.messages import Request

        content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        typed = {"Content-Type": "application/json", **dict(headers)} if content else dict(headers)
        request = Request(method, target, CIMultiDict(typed), content)
        if target.startswith("/_mockflow"):
            response = control(self._cluster, request)
        else:
            response = self._loop.run_until_complete(answer(self._cluster, request))
        if response.status >= 500 or (response.status >= 400 and target.startswith(("/_mockflow", WORKFLOW))):
            raise click.ClickException(f"{method} {target}: {response.status} {response.body[:300].decode()}")
        return response


# -- what there is n of --------------------------------------------------------------------------------


def keyframes(n: int) -> Texts:
    lines = ["scenario: many", "workflow_id: w0", "provision:", "  timeline:", "    - {at: 0s, state: PROVISIONING}"]
    step = "workflow_step_name: create_connector, workflow_step_id: step_"
    lines += [f"    - {{at: {number}ms, created: [{{{step}{number}}}]}}" for number in range(1, n)]
    yield "\n".join([*lines, f"    - {{at: {n}ms, state: COMPLETED}}"])


def resources(n: int) -> Texts:
    lines = ["scenario: many", "workflow_id: w0", "provision:", "  timeline:", "    - {at: 0s, state: PROVISIONING}"]
    lines += ["    - at: 10ms", "      state: COMPLETED", "      created:"]
    step = "workflow_step_name: create_connector, workflow_step_id: step_"
    yield "\n".join([*lines, *(f"      - {{{step}{number}}}" for number in range(n))])


def nodes(n: int) -> Texts:
    lines = ["scenario: many", "workflow_id: w0", "template:", "  name: many", "  workflows:", "    provision:"]
    lines += ["      nodes:", *(f"      - {{id: n{number}, type: noop}}" for number in range(n))]
    lines += ["      edges:", *(f"      - {{source: n{number}, dest: n{number + 1}}}" for number in range(n - 1))]
    yield "\n".join([*lines, "provision:", "  timeline:", "    - {at: 0s, state: PROVISIONING}"])


def scenarios(n: int, more: str = "") -> Texts:
    for number in range(min(n, MAX_WORKFLOWS - ROOM)):
        timeline = "  timeline:\n    - {at: 0s, state: PROVISIONING}\n    - {at: 5s, state: COMPLETED}\n"
        yield f"scenario: s{number}\nworkflow_id: w{number}\nprovision:\n{timeline}{more}".replace(
            "NUMBER", f"{number}"
        )


def matching(condition: str) -> Callable[[int], Texts]:
    def documents(n: int) -> Texts:
        for number in range(n):
            match = condition.replace("NUMBER", f"{number}")
            yield f"scenario: s{number}\nmatch: {match}\nprovision: {{step_time: 1s}}\n"
        yield from scenarios(1, "")  # as s0 of these is taken, it is renamed below

    def renamed(n: int) -> Texts:
        *many, last = documents(n)
        yield from many
        yield last.replace("scenario: s0", "scenario: one")

    return renamed


FAULT: Final = "{on: get_status, during: 1h..2h, respond: too_many_requests}"
STUB: Final = "{request: GET /stub/NUMBER, respond: {status: 200}}"
OUTAGE: Final = "{at: 1h}"


def of_one(key: str, one: str) -> Callable[[int], Texts]:
    def documents(n: int) -> Texts:
        lines = [f"  - {one}".replace("NUMBER", f"{number}") for number in range(n)]
        (scenario,) = scenarios(1)
        yield "\n".join([scenario + f"{key}:", *lines])

    return documents


def of_each(key: str, one: str) -> Callable[[int], Texts]:
    return lambda n: scenarios(n, f"{key}:\n  - {one}\n")


def add_workflows(call: Caller, n: int) -> None:
    for number in range(min(n, MAX_WORKFLOWS - ROOM)):
        call("POST", f"{WORKFLOW}?provision=true", template(number))


def add_faults(call: Caller, n: int) -> None:
    for number in range(n):
        call("POST", "/_mockflow/faults", {"on": "provision", "call": number + 1, "respond": "too_many_requests"})


def template(number: int) -> dict[str, Any]:
    inputs = {"pipeline_id": f"p{number}", "configurations": {"processors": []}}
    node = {"id": "pipeline", "type": "create_ingest_pipeline", "user_inputs": inputs}
    return {"name": f"name {number}", "use_case": f"CASE_{number}", "workflows": {"provision": {"nodes": [node]}}}


CASES: Final = {
    "keyframes with created": Case(keyframes),
    "resources of one keyframe": Case(resources),
    "template nodes": Case(nodes),
    "scenarios": Case(scenarios),
    "files": Case(scenarios, documents_a_file=1),
    "match by header": Case(matching('{header: {X-Case: "NUMBER"}}')),
    "match by name": Case(matching("{name: name NUMBER}")),
    "match by glob": Case(matching('{name: "*name NUMBER*"}')),
    "match by use case": Case(matching("{use_case: CASE_NUMBER}")),
    "scenarios with an outage": Case(of_each("outages", OUTAGE)),
    "scenarios with a fault": Case(of_each("faults", FAULT)),
    "scenarios with a stub": Case(of_each("stubs", STUB)),
    "outages of one scenario": Case(of_one("outages", OUTAGE)),
    "faults of one scenario": Case(of_one("faults", FAULT)),
    "stubs of one scenario": Case(of_one("stubs", STUB)),
    "workflows of clients": Case(lambda _: scenarios(1), add_workflows),
    "added faults": Case(lambda _: scenarios(1), add_faults),
}


# -- one row -------------------------------------------------------------------------------------------


def measured(case: Case, n: int) -> dict[str, float]:
    """The row: seconds by column, sizes in bytes."""
    from mockflow.cluster import Cluster, LoadedScenario, Settings
    from mockflow.loading.load import load_paths

    row: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), case.documents(n), case.documents_a_file)
        before = resident()
        began = time.perf_counter()
        loading = load_paths([folder])
        if loading.errors:
            raise click.ClickException(str(loading.errors[0]))
        loaded = tuple(LoadedScenario(one.scenario, str(one.place)) for one in loading.scenarios)
        cluster = Cluster(Settings(mode="frozen"), loaded)
        row["load"] = time.perf_counter() - began
    call = Caller(cluster)
    call("PUT", "/_cluster/settings", {"transient": {"plugins.flow_framework.max_workflows": MAX_WORKFLOWS}})
    if case.add:
        case.add(call, n)
    cluster.world.clock.advance(n)  # so that a poll shows the last keyframe
    poll = ("GET", f"{WORKFLOW}/w0/_status")
    row["first poll"], _ = timed(call, *poll)
    cluster.world.clock.advance(n)
    timed(call, *poll)
    row["poll"] = best(call, *poll)
    row["create"] = best(call, "POST", WORKFLOW, template(n - 1), {"X-Case": f"{n - 1}"})
    row["other"] = best(call, "GET", "/")
    row["near miss"] = best(call, "GET", "/stub/none")
    row["view"], response = timed(call, "GET", "/_mockflow/workflows/w0")
    row["view size"] = len(response.body)
    row["list"], _ = timed(call, "GET", "/_mockflow/workflows")
    row["coverage"], _ = timed(call, "GET", "/_mockflow/coverage")
    one = "scenario: another\nworkflow_id: another\n"
    row["put"], _ = timed(call, "PUT", "/_mockflow/scenarios", one)
    row["remove"], _ = timed(call, "DELETE", "/_mockflow/scenarios/another")
    row["memory"] = resident() - before
    row["reset"], _ = timed(call, "POST", "/_mockflow/reset", {"keep": ["scenarios"]})
    return row


def write(folder: Path, documents: Texts, documents_a_file: int) -> None:
    texts = list(documents)
    for start in range(0, len(texts), documents_a_file):
        text = "\n---\n".join(texts[start : start + documents_a_file])
        (folder / f"{start:06}.yaml").write_text(text)


def timed(call: Caller, *arguments: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    response = call(*arguments)
    return time.perf_counter() - began, response


def best(call: Caller, *arguments: Any) -> float:
    """The shortest of a few, so that other programs disturb less."""
    return min(timed(call, *arguments)[0] for _ in range(5))


def resident() -> int:
    """The bytes of memory that the process has now; 0 where the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * 4096


# -- the report ----------------------------------------------------------------------------------------


@click.command()
@click.option("--size", "sizes", type=click.IntRange(2, 20_000), multiple=True, default=SIZES, show_default=True)
@click.option("--only", help="Only the rows whose name contains this text.")
@click.option("--limit", type=click.FloatRange(1), default=120, show_default=True, help="Seconds of one row.")
@click.option("--row", nargs=2, type=(str, int), hidden=True, help="Measures one row and prints it as JSON.")
def main(sizes: tuple[int, ...], only: str | None, limit: float, row: tuple[str, int] | None) -> None:
    """Print what n of each thing cost."""
    if row:
        click.echo(json.dumps(measured(CASES[row[0]], row[1])))
        return
    table = Table("n", "of", *COLUMNS)
    for column in (table.columns[0], *table.columns[2:]):
        column.justify = "right"
    for name in CASES:
        for size in sizes if only is None or only in name else ():
            found = in_process(name, size, limit)
            table.add_row(f"{size:,}", name, *(shown(column, found.get(column)) for column in COLUMNS))
            if not found:
                break  # a larger size takes longer still
    Console(width=240).print(table)


def in_process(name: str, size: int, limit: float) -> dict[str, float]:
    """The row, measured in a process of its own; empty if it takes longer than `limit` seconds."""
    command = [sys.executable, __file__, "--row", name, str(size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {}
    if done.returncode:
        raise click.ClickException(f"{name}, {size}: {done.stderr}")
    row: dict[str, float] = json.loads(done.stdout)
    return row


def shown(column: str, value: float | None) -> str:
    if value is None:
        return "cut off"
    if column == "memory":
        return f"{value / 2**20:.0f} MiB"
    if column == "view size":
        return f"{value / 2**10:,.0f} KiB"
    return f"{value:.2f} s" if column in ("load", "reset") else f"{value * 1000:,.2f} ms"


if __name__ == "__main__":
    main()
