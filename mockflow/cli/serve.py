"""`mockflow serve`: serves a fake cluster on a port."""

import asyncio
import errno
import gc
import signal
import ssl
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import click

from mockflow.cli import logs, watching
from mockflow.cli.options import Duration, Epoch, UserText, body_files_option, counted, print_problems
from mockflow.cli.reload import ScenarioFiles, problems_of
from mockflow.cluster import Cluster, Mode, Settings, TooManyError
from mockflow.cluster.clock import MAX_SPEED
from mockflow.core.opensearch.security import User
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, parse_version
from mockflow.server.http.limits import Limits
from mockflow.server.serving import Control, Serving
from mockflow.server.tls import TlsError, loaded, made


def _version(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return parse_version(value).build
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    context_settings={"auto_envvar_prefix": "MOCKFLOW", "show_default": True},
    epilog="Every option is also an environment variable: --port is MOCKFLOW_PORT, --auto is MOCKFLOW_AUTO=1. "
    "PATHS are MOCKFLOW_PATHS, separated as in PATH.",
    short_help="Serve a fake OpenSearch with scenarios.",
)
@click.argument("paths", nargs=-1, type=click.Path(), envvar="MOCKFLOW_PATHS")
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", default=9200, type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option("--speed", type=click.FloatRange(0, MAX_SPEED, min_open=True), help="Virtual seconds per second.")
@click.option("--auto", is_flag=True, help="Time skips to the next keyframe after each poll.")
@click.option("--frozen", is_flag=True, help="Only POST /_mockflow/clock moves time.")
@click.option("--epoch", type=Epoch(), help="The time at the start.  [default: now; auto, frozen: 2026-01-01]")
@click.option("--opensearch-version", default=DEFAULT_VERSION, callback=_version, help=f"From {OLDEST} to {NEWEST}.")
@click.option("--step-time", type=Duration(), default="1s", help="The duration of steps without a plan.")
@click.option("--seed", default=0, help="The seed of generated ids and of chance.")
@click.option("--max-polls", default=1000, type=click.IntRange(1), help="Log a warning after this many equal statuses.")
@click.option("--keep-going", is_flag=True, help="Serve the scenarios without errors even if others have errors.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--watch", is_flag=True, help="Reload scenario files that change; runs continue.")
@body_files_option
@click.option("--user", "users", type=UserText(), multiple=True, envvar="MOCKFLOW_USER", help="Turns security on.")
@click.option("--multi-tenancy", is_flag=True, help="Requests name their tenant in the header x-tenant-id.")
@click.option("--trust-inputs", is_flag=True, help="Steps succeed whatever their inputs are.")
@click.option("--tls", is_flag=True, help="HTTPS with a generated certificate, or with --cert and --key.")
@click.option("--ca-out", type=click.Path(path_type=Path), help="Where to write the CA of the generated certificate.")
@click.option("--cert", type=click.Path(exists=True), help="A certificate with its chain in PEM, for HTTPS.")
@click.option("--key", type=click.Path(exists=True), help="The certificate's private key in PEM.")
@click.option("--control-token", help="Require this token for the control API (/_mockflow).")
@click.option("--control-port", type=click.IntRange(0, 65535), help="A separate port for the control API.")
@click.option("--control-host", default="127.0.0.1", help="The address of that port.")
@click.option("--no-control", is_flag=True, help="Switch the control API off.")
@click.option(
    "--control-host-allow", "control_hosts", metavar="HOST", multiple=True, help="Browsers may use this name."
)
@click.option("--insecure-control", is_flag=True, help="Allow the control API without protection on any address.")
@click.option("--max-connections", default=1000, type=click.IntRange(1), help="Open connections; one more gets a 429.")
@click.option("--read-timeout", type=Duration(), default="30s", help="How long a request may take to arrive.")
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
    watch: bool,
    body_folders: tuple[Path, ...],
    users: tuple[User, ...],
    multi_tenancy: bool,
    trust_inputs: bool,
    tls: bool,
    ca_out: Path | None,
    cert: str | None,
    key: str | None,
    control_token: str | None,
    control_port: int | None,
    control_host: str,
    no_control: bool,
    control_hosts: tuple[str, ...],
    insecure_control: bool,
    max_connections: int,
    read_timeout: int,
    quiet: bool,
    log_format: str,
) -> None:
    """Serve a fake OpenSearch with the scenarios of PATHS (files and folders, optional)."""
    if (speed is not None) + auto + frozen > 1:
        raise click.UsageError("--speed, --auto and --frozen exclude each other")
    mode: Mode = "auto" if auto else "frozen" if frozen else "real"
    if no_control and (
        control_token is not None or control_port is not None or control_hosts or insecure_control or opens
    ):
        raise click.UsageError("--no-control excludes all other options of the control API")
    if control_token == "":
        raise click.UsageError("--control-token is empty")
    address = None if control_port is None else (control_host, control_port)
    control = None if no_control else Control(control_token, address, insecure_control, control_hosts)
    try:
        settings = Settings(
            mode,
            speed or 1.0,
            epoch,
            opensearch_version,
            step_time,
            seed,
            max_polls,
            users=users,
            multi_tenancy=multi_tenancy,
            trust_inputs=trust_inputs,
        )
        if control:
            control.check(host)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    certificate = _certificate(host, tls=tls, ca_out=ca_out, cert=cert, key=key)
    if watch:
        if not paths:
            raise click.UsageError("--watch needs PATHS to watch")
        watching.check_available()
    with _without_collection():
        files = ScenarioFiles(paths, body_folders)
        _report_problems(files, keep_going=keep_going)
        try:
            cluster = Cluster(settings, files.loaded, problems=problems_of(files.files.problems))
        except TooManyError as error:
            raise click.ClickException(str(error)) from None
    access_log = logs.set_up(log_format, quiet=quiet)
    limits = Limits(max_connections, read_timeout / 1000)
    serving = Serving(cluster, access_log, control=control, limits=limits, tls=certificate)
    token = f"?{urlencode({'token': control_token})}" if control_token else ""
    asyncio.run(_serve(serving, host, port, files if watch else None, quiet=quiet, opens_with=token if opens else None))


def _certificate(
    host: str, *, tls: bool, ca_out: Path | None, cert: str | None, key: str | None
) -> ssl.SSLContext | None:
    """The TLS context for HTTPS; None for HTTP."""
    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key go together")
    if ca_out and (cert or not tls):
        raise click.UsageError("--ca-out is for a generated certificate: --tls without --cert")
    try:
        if cert and key:
            return loaded(cert, key)
        if not tls:
            return None
        context, ca = made(host)
    except TlsError as error:
        raise click.ClickException(str(error)) from None
    if ca_out is None:
        hint = "clients do not know the CA of this server's certificate; --ca-out ca.pem writes it to a file"
        click.echo(hint, err=True)
        return context
    try:
        ca_out.write_bytes(ca)
    except OSError as error:
        raise click.ClickException(f"--ca-out {ca_out}: {error.strerror}") from None
    click.echo(f"clients verify this server with the CA in {ca_out}", err=True)
    return context


@contextmanager
def _without_collection() -> Iterator[None]:
    """Suspends garbage collection while scenarios load, and excludes their objects from it later: they stay."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
        gc.set_threshold(_GARBAGE, 10, 10)


_GARBAGE: Final = 20_000  # new objects before a collection; the journal's entries are not garbage


def _report_problems(files: ScenarioFiles, *, keep_going: bool) -> None:
    problems = files.files.problems
    print_problems(problems, stderr=True)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors and not keep_going:
        raise click.ClickException(f"{counted(errors, 'error')} in the scenarios; --keep-going serves the others")


async def _serve(
    serving: Serving, host: str, port: int, watched: ScenarioFiles | None, *, quiet: bool, opens_with: str | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, stop.set)
    try:
        url = await serving.start(host, port)
    except OSError as error:
        raise click.ClickException(cannot_listen(error, host, port)) from None
    click.echo(f"mockflow ready at {url}")  # flushed, since a parent process may wait for this line
    if serving.control_url not in (None, url):
        click.echo(f"mockflow control at {serving.control_url}")
    if page := serving.page_url:
        if not quiet:
            click.echo(f"see its timelines at {page}")
        if opens_with is not None:  # in a thread, since a browser in the terminal blocks
            threading.Thread(target=webbrowser.open, args=(page + opens_with,), daemon=True).start()
    watcher = asyncio.create_task(watching.watch(serving.cluster, watched)) if watched else None
    try:
        await stop.wait()
    finally:
        if watcher:
            watcher.cancel()
            await asyncio.wait([watcher])
        await serving.stop()


def cannot_listen(error: OSError, host: str, port: int) -> str:
    """The reason of a failed listen, and what would be right."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; choose another with --port, or --port 0 for any free one"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} is not permitted; choose one above 1023 with --port"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"
