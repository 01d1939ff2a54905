"""`mockflow serve`: the fake cluster on a port."""

import asyncio
import errno
import gc
import signal
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import click

from mockflow.cli import logs
from mockflow.cli.options import Duration, Epoch, counted, print_problems
from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.cluster.clock import MAX_SPEED
from mockflow.core.versions import DEFAULT_VERSION, NEWEST, OLDEST, parse_version
from mockflow.loading.load import load_paths
from mockflow.server.app import AccessLog
from mockflow.server.control_call import PREFIX
from mockflow.server.serving import Serving


def _version(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return parse_version(value).build
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    context_settings={"auto_envvar_prefix": "MOCKFLOW", "show_default": True},
    epilog="Every option is an environment variable too: --port is MOCKFLOW_PORT, --auto is MOCKFLOW_AUTO=1; "
    "the paths are MOCKFLOW_PATHS, written like PATH.",
    short_help="Serve a fake OpenSearch with scenarios.",
)
@click.argument("paths", nargs=-1, type=click.Path(), envvar="MOCKFLOW_PATHS")
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", default=9200, type=click.IntRange(0, 65535), help="The port; 0 takes any that is free.")
@click.option("--speed", type=click.FloatRange(0, MAX_SPEED, min_open=True), help="Virtual seconds a second.")
@click.option("--auto", is_flag=True, help="Time moves when a client has looked: no waiting, every keyframe seen.")
@click.option("--frozen", is_flag=True, help="Time moves by POST /_mockflow/clock only.")
@click.option("--epoch", type=Epoch(), help="What time it is at the start.  [default: now; auto, frozen: 2026-01-01]")
@click.option("--opensearch-version", default=DEFAULT_VERSION, callback=_version, help=f"From {OLDEST} to {NEWEST}.")
@click.option("--step-time", type=Duration(), default="1s", help="How long a step takes that no scenario speaks of.")
@click.option("--seed", default=0, help="What the ids of workflows and resources follow from.")
@click.option("--max-polls", default=1000, type=click.IntRange(1), help="After so many equal answers the log says so.")
@click.option("--keep-going", is_flag=True, help="Serve the good scenarios although others have errors.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--quiet", is_flag=True, help="Log warnings only.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="The log's lines.")
def serve(
    paths: tuple[str, ...],
    host: str,
    port: int,
    speed: float | None,
    auto: bool,
    frozen: bool,
    epoch: int | None,
    opensearch_version: str,
    step_time: int,
    seed: int,
    max_polls: int,
    keep_going: bool,
    opens: bool,
    quiet: bool,
    log_format: str,
) -> None:
    """Serve a fake OpenSearch with the scenarios of PATHS (files and folders; none is fine)."""
    if (speed is not None) + auto + frozen > 1:
        raise click.UsageError("--speed, --auto and --frozen exclude each other")
    mode: Mode = "auto" if auto else "frozen" if frozen else "real"
    settings = Settings(mode, speed or 1.0, epoch, opensearch_version, step_time, seed, max_polls)
    with _keeping_all():
        cluster = Cluster(settings, _scenarios(paths, keep_going=keep_going))
    asyncio.run(_serve(cluster, host, port, logs.set_up(log_format, quiet=quiet), quiet=quiet, opens=opens))


@contextmanager
def _keeping_all() -> Iterator[None]:
    """No search for garbage while thousands of scenarios load, nor later among them: all of it stays."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
        gc.set_threshold(_GARBAGE, 10, 10)


_GARBAGE: Final = 20_000  # so many new objects before a search: what the journal keeps is none


def _scenarios(paths: tuple[str, ...], *, keep_going: bool) -> tuple[LoadedScenario, ...]:
    loading = load_paths(paths)
    print_problems(loading.problems, stderr=True)
    if loading.errors and not keep_going:
        raise click.ClickException(
            f"{counted(len(loading.errors), 'problem')} in the scenarios; --keep-going serves the others"
        )
    return tuple(LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios)


async def _serve(
    cluster: Cluster, host: str, port: int, access_log: AccessLog | None, *, quiet: bool, opens: bool
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, stop.set)
    serving = Serving(cluster, access_log)
    try:
        url = await serving.start(host, port)
    except OSError as error:
        raise click.ClickException(_cannot_listen(error, host, port)) from None
    click.echo(f"mockflow ready at {url}")  # flushes: a parent process waits for this line
    page = f"http://{cluster.publish_address}{PREFIX}/"
    if not quiet:
        click.echo(f"see its timelines at {page}")
    if opens:
        threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()  # one in the terminal would block
    try:
        await stop.wait()
    finally:
        await serving.stop()


def _cannot_listen(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; choose another with --port, or --port 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} is not permitted; choose one above 1023 with --port"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"
