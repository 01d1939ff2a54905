"""Serves a fake cluster on a port until a signal: what `mockflow serve` does with its options."""

import asyncio
import errno
import gc
import os
import secrets
import signal
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import click

from mockflow.cli import watching
from mockflow.cli.editing import EditedFiles
from mockflow.cli.logs import StartMessages
from mockflow.cli.options import counted
from mockflow.cli.reload import ScenarioFiles, problems_of
from mockflow.cluster import Cluster, Mode, NeverError, Settings, TooManyError, UnknownWorkflowError, moving
from mockflow.core.base.bounds import CONTROL_PLACES, CONTROL_PORT_CONNECTIONS
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.security import User
from mockflow.loading import replacing
from mockflow.server.connections.descriptors import raise_limit
from mockflow.server.control.guard import is_loopback
from mockflow.server.http.limits import Limits
from mockflow.server.http.messages import AccessLog
from mockflow.server.serving import Control, Serving
from mockflow.server.tls import TlsError, loaded, made


@dataclass(frozen=True)
class Options:
    """The options of the command, by their names there."""

    paths: tuple[str, ...]
    host: str
    port: int
    speed: float | None
    auto: bool
    frozen: bool
    epoch: int | None
    anchor: int | None
    opensearch_version: str
    step_time: int
    seed: int | str
    max_polls: int
    max_documents: int
    begins: tuple[str, ...]
    port_file: Path | None
    keep_going: bool
    opens: bool
    watch: bool
    edits: bool
    body_folders: tuple[str, ...]
    users: tuple[User, ...]
    multi_tenancy: bool
    trust_inputs: bool
    tls: bool
    ca_out: Path | None
    cert: str | None
    key: str | None
    control_token: str | None
    control_port: int | None
    control_host: str
    no_control: bool
    control_hosts: tuple[str, ...]
    insecure_control: bool
    max_connections: int
    read_timeout: int
    report_unserved: bool
    quiet: bool


def run(given: Options, messages: StartMessages, access_log: AccessLog | None) -> None:
    """Serves until a signal. Raises ClickException."""
    if (given.speed is not None) + given.auto + given.frozen > 1:
        raise click.UsageError("--speed, --auto and --frozen exclude each other")
    if given.anchor is not None:
        _check_anchor(given)
    mode: Mode = "auto" if given.auto else "frozen" if given.frozen else "real"
    control = _control(given)
    seed = given.seed
    if isinstance(seed, str):
        seed = secrets.randbelow(_RANDOM_SEEDS)
        messages.say(f"the seed is {seed}; --seed {seed} gives the same ids and the same chance again")
    try:
        settings = Settings(
            mode,
            1.0 if given.speed is None else given.speed,
            given.epoch,
            given.opensearch_version,
            given.step_time,
            seed,
            given.max_polls,
            users=given.users,
            multi_tenancy=given.multi_tenancy,
            trust_inputs=given.trust_inputs,
            max_documents=given.max_documents,
            anchor=given.anchor,
        )
        if control:
            control.check(given.host)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if given.edits:
        _check_edit(given)
    certificate = _certificate(given, messages)
    if given.watch:
        if not given.paths:
            raise click.UsageError("--watch needs PATHS to watch")
        watching.check_available()
    with _without_collection():
        files = ScenarioFiles(given.paths, given.body_folders)
        _report_problems(files, messages, keep_going=given.keep_going)
        try:
            cluster = Cluster(settings, files.loaded, problems=problems_of(files.files.problems))
        except TooManyError as error:
            raise click.ClickException(str(error)) from None
    cluster.texts = EditedFiles(cluster, files, writes=given.edits)
    limits = Limits(given.max_connections, read_timeout=given.read_timeout / 1000)
    raise_limit(given.max_connections + CONTROL_PLACES + CONTROL_PORT_CONNECTIONS)
    serving = Serving(cluster, access_log, control=control, limits=limits, tls=certificate)
    asyncio.run(_serve(serving, given, messages, files if given.watch else None))


def _check_edit(given: Options) -> None:
    """--edit lets the control API change files: only with a token, or for this machine alone."""
    if not given.paths:
        raise click.UsageError("--edit needs PATHS whose files may be written")
    if given.no_control:
        raise click.UsageError("--edit and --no-control exclude each other: the page writes through the control API")
    if given.control_token is None and not is_loopback(
        given.host if given.control_port is None else given.control_host
    ):
        raise click.UsageError("--edit on an address that other machines reach needs --control-token")
    if not replacing.IS_POSSIBLE:
        raise click.UsageError("--edit needs a system that opens files relative to a folder; Windows does not")


def _check_anchor(given: Options) -> None:
    if given.auto or given.frozen or given.epoch is not None:
        raise click.UsageError("--anchor excludes --auto, --frozen and --epoch: the clock goes by itself since then")
    if given.anchor is not None and given.anchor > time.time() * 1000:
        raise click.UsageError("--anchor is in the future; runs have started at that time already")


_RANDOM_SEEDS: Final = 2**31


def _control(given: Options) -> Control | None:
    """The access to the control API; None if it is switched off."""
    token, port = given.control_token, given.control_port
    if given.no_control:
        others = (given.control_hosts, given.insecure_control, given.opens)
        if token is not None or port is not None or any(others):
            raise click.UsageError("--no-control excludes all other options of the control API")
        return None
    if token == "":
        raise click.UsageError("--control-token is empty")
    address = None if port is None else (given.control_host, port)
    try:
        return Control(token, address, given.insecure_control, given.control_hosts)
    except ValueError as error:
        raise click.UsageError(f"--control-token: {error}") from None


def _certificate(given: Options, messages: StartMessages) -> ssl.SSLContext | None:
    """The TLS context for HTTPS; None for HTTP."""
    ca_out, cert, key = given.ca_out, given.cert, given.key
    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key go together")
    if ca_out and (cert or not given.tls):
        raise click.UsageError("--ca-out is for a generated certificate: --tls without --cert")
    try:
        if cert and key:
            return loaded(cert, key)
        if not given.tls:
            return None
        context, ca = made(given.host)
    except TlsError as error:
        raise click.ClickException(str(error)) from None
    if ca_out is None:
        hint = "clients do not know the CA of this server's certificate; --ca-out ca.pem writes it to a file"
        messages.say(hint)
        return context
    try:
        ca_out.write_bytes(ca)
    except OSError as error:
        raise click.ClickException(f"--ca-out {ca_out}: {error.strerror}") from None
    messages.say(f"clients verify this server with the CA in {ca_out}")
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


def _report_problems(files: ScenarioFiles, messages: StartMessages, *, keep_going: bool) -> None:
    problems = files.files.problems
    messages.print_problems(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors and not keep_going:
        raise click.ClickException(f"{counted(errors, 'error')} in the scenarios; --keep-going serves the others")


def _begin(cluster: Cluster, name: str) -> None:
    """Begins the run of a workflow, which `name` names by its scenario or its id. Raises ClickException."""
    world = cluster.world
    brought = {one.scenario.scenario: one.scenario.workflow_id for one in world.scenarios.values()}
    workflow_id = brought.get(name) or name
    try:
        moving.restart(world, workflow_id)
    except UnknownWorkflowError:
        known = [each for each, brings in brought.items() if brings]
        if name in brought:
            raise click.ClickException(f"--begin {name}: its workflow is there once a client creates it") from None
        advice = did_you_mean(name, known) if known else "no scenario brings a workflow"
        raise click.ClickException(f"--begin {name}: there is no such scenario or workflow; {advice}") from None
    except NeverError as error:
        raise click.ClickException(f"--begin {name}: {error}") from None


@contextmanager
def _port_in(file: Path | None, url: str) -> Iterator[None]:
    """The port of `url` is in `file` meanwhile. The file appears with its content at once. Raises ClickException."""
    if file is None:
        yield
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text(f"{urlsplit(url).port}\n", "utf-8")
        part.replace(file)
    except OSError as error:
        raise click.ClickException(f"--port-file {file}: {error.strerror}") from None
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()


async def _serve(serving: Serving, given: Options, messages: StartMessages, watched: ScenarioFiles | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, stop.set)
    for name in given.begins:
        _begin(serving.cluster, name)
    try:
        url = await serving.start(given.host, given.port)
    except OSError as error:
        raise click.ClickException(cannot_listen(error, given.host, given.port)) from None
    try:
        with _port_in(given.port_file, url):
            click.echo(f"mockflow ready at {url}")  # flushed, since a parent process may wait for this line
            _say_where(serving, given, messages)
            if serving.shortage:
                messages.warn(serving.shortage)
            await _until(stop, serving, watched)
    finally:
        await serving.stop()
        if given.report_unserved:
            _report_not_served(serving.cluster, messages)


def _report_not_served(cluster: Cluster, messages: StartMessages) -> None:
    """The requests that OpenSearch serves and mockflow does not, and the stubs that would answer them."""
    kinds = list(cluster.not_served)
    if not kinds:
        messages.say("mockflow has served all requests that OpenSearch serves", not_served=[])
        return
    lines = [f"  {kind.request} ({kind.operation}), {counted(kind.calls, 'request')}" for kind in kinds]
    stubs = [line for kind in kinds for line in kind.stub.splitlines()[1:]]
    text = "\n".join(["not served by mockflow:", *lines, "these stubs in a scenario answer them:", "stubs:", *stubs])
    messages.say(text, not_served=[asdict(kind) for kind in kinds])


def _say_where(serving: Serving, given: Options, messages: StartMessages) -> None:
    """The other addresses, after the ready line; and opens the page if asked for."""
    control, page = serving.control_url, serving.page_url
    if control not in (None, serving.url):
        messages.say(f"mockflow control at {control}", stdout=True, control_url=control)
    if page and not given.quiet:
        messages.say(f"see its timelines at {page}", stdout=True, page_url=page)
    if page and given.opens:  # in a thread, since a browser in the terminal blocks
        import webbrowser

        token = f"?{urlencode({'token': given.control_token})}" if given.control_token else ""
        threading.Thread(target=webbrowser.open, args=(page + token,), daemon=True).start()


async def _until(stop: asyncio.Event, serving: Serving, watched: ScenarioFiles | None) -> None:
    """Watches the files until `stop`."""
    watcher = asyncio.create_task(watching.watch(serving.cluster, watched)) if watched else None
    try:
        await stop.wait()
    finally:
        if watcher:
            watcher.cancel()
            await asyncio.wait([watcher])


def cannot_listen(error: OSError, host: str, port: int) -> str:
    """The reason of a failed listen, and what would be right."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; choose another with --port, or --port 0 for any free one"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} is not permitted; choose one above 1023 with --port"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"
