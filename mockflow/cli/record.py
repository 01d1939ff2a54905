"""`mockflow record`: records workflows of a real cluster as scenarios."""

import logging
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from http.client import IncompleteRead, RemoteDisconnected
from types import FrameType
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mockflow.cli.environment import EnvironmentCommand
from mockflow.cli.options import Duration, ServerUrl, counted
from mockflow.cli.output import Output
from mockflow.cli.upstream import Upstream, upstream_options
from mockflow.core.base.durations import format_duration
from mockflow.core.base.plain_text import plain
from mockflow.core.base.secrets import text_without_secrets
from mockflow.core.scenario.model import Scenario
from mockflow.recording.scenario import scenario_of, text_of
from mockflow.recording.status_history import StatusHistory
from mockflow.recording.stubs import respond_of
from mockflow.recording.watching import NoAnswerError, Pace, summary, watch

_REQUEST_SECONDS: Final = 10


@click.command(
    cls=EnvironmentCommand,
    context_settings={"auto_envvar_prefix": "MOCKFLOW_RECORD"},
    short_help="Record a real cluster.",
)
@click.argument("workflow_ids", metavar="WORKFLOW_ID...", nargs=-1, required=True)
@click.option("--from", "url", metavar="URL", type=ServerUrl(), required=True, help="The URL of the cluster.")
@click.option("-o", "--output", metavar="FILE", required=True, type=click.Path(), help="The scenario file to write.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@upstream_options
@click.option(
    "--interval",
    type=Duration(),
    default="500ms",
    show_default=True,
    help="The time between polls; up to 10 times as long while nothing changes.",
)
@click.option("--timeout", type=Duration(), default="1h", show_default=True, help="When to give up.")
@click.option("--quiet", is_flag=True, help="Do not print changes.")
@click.option("--follow", is_flag=True, help="Go on after COMPLETED and FAILED, until the time-out or Ctrl-C.")
def record(
    workflow_ids: tuple[str, ...],
    url: Upstream,
    output: str,
    force: bool,
    interval: int,
    timeout: int,
    quiet: bool,
    follow: bool,
) -> None:
    """Poll workflows of a real cluster until they have ended, and write them as scenarios.

    There is one YAML document for each workflow: its template, and the keyframes of its run with their times. Secrets
    are left out. The file is written at each change, so nothing is lost. Exits with 1 if a workflow has not ended.
    """
    if not interval:
        raise click.BadParameter("the interval must be above 0", param_hint="'--interval'")
    cluster = _Cluster(url)
    recording = _Recording(tuple(dict.fromkeys(workflow_ids)), cluster, Output(output, force=force), quiet=quiet)
    ended = False
    with _interruptible(), recording.shown():
        try:
            ended = watch(
                recording.watched,
                recording.status,
                recording,
                Pace(interval),
                timeout=timeout,
                follow=follow,
                news=recording.report,
            )
        except KeyboardInterrupt:
            pass
        except NoAnswerError as error:
            recording.problem = f"{url.url}: {error}{error.hint and f'; {error.hint}'}"
    recording.finish()
    if recording.problem or not (ended or follow):
        raise click.ClickException(plain(recording.problem or recording.unfinished()))


class _Recording:
    """The recording so far, printed on the terminal and written to the file."""

    def __init__(self, workflow_ids: tuple[str, ...], cluster: "_Cluster", output: Output, *, quiet: bool) -> None:
        self.watched = [StatusHistory(workflow_id) for workflow_id in workflow_ids]
        self.problem = ""
        self._cluster = cluster
        self._output = output
        self._templates: dict[str, Mapping[str, Any] | None] = {}
        self._began = time.monotonic()
        self._epoch = int(time.time() * 1000)
        self._console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[seen]}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,  # changes are printed as lines
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows the progress, if the output is a terminal."""
        for history in self.watched:
            self._tasks[history.workflow_id] = self._progress.add_task(plain(history.workflow_id), total=None, seen="")
        with self._progress:
            yield

    def now(self) -> int:
        """Milliseconds since the recording began."""
        return int((time.monotonic() - self._began) * 1000)

    def sleep(self, milliseconds: int) -> None:
        """Waits in real time."""
        time.sleep(milliseconds / 1000)

    def status(self, workflow_id: str) -> Mapping[str, Any]:
        """Reads the status, and the first time also the template."""
        status = self._cluster.status(workflow_id)
        if workflow_id not in self._templates:
            try:
                self._templates[workflow_id] = self._cluster.template(workflow_id)
            except NoAnswerError as error:
                self._templates[workflow_id] = None
                self._console.print(plain(f"{workflow_id}: its template cannot be read: {error}"), markup=False)
        return status

    def report(self, history: StatusHistory, what: str) -> None:
        """Prints a change and writes the file."""
        self._console.print(plain(f"{self.now() / 1000:7.1f}s  {history.workflow_id}  {what}"), markup=False)
        total = 1 if history.is_final else None
        self._progress.update(
            self._tasks[history.workflow_id], seen=plain(summary(history)), total=total, completed=total
        )
        if scenarios := list(self._scenarios()):
            with suppress(OSError):  # reported at the end, if it persists
                self._output.write(text_of(scenarios))

    def finish(self) -> None:
        """Writes the file and prints what was recorded."""
        scenarios = list(self._scenarios())
        if not scenarios:
            return
        self._output.write_at_last(text_of(scenarios))
        click.echo(f"wrote {self._output.name}: {counted(len(scenarios), 'scenario')}")
        for history in self.watched:
            for what in sorted(history.left_out):
                click.echo(plain(f"{history.workflow_id}: left out {what}"), err=True)

    def unfinished(self) -> str:
        """A description of the workflows that have not ended; empty if all have."""
        left = (f"{history.workflow_id} ({summary(history)})" for history in self.watched if not history.is_final)
        return f"stopped after {format_duration(self.now() // 1000 * 1000)}, before the end of {', '.join(left)}"

    def _scenarios(self) -> Iterator[Scenario]:
        day = datetime.fromtimestamp(self._epoch / 1000, timezone.utc).date().isoformat()
        for history in self.watched:
            about = f"Recorded on {day} from OpenSearch {self._cluster.version}.".replace(" .", ".")
            template = self._templates.get(history.workflow_id)
            if scenario := scenario_of(history, epoch=self._epoch, template=template, about=about):
                yield scenario


class _Cluster:
    """The real cluster, through opensearch-py."""

    def __init__(self, upstream: Upstream) -> None:
        try:
            import opensearchpy
        except ImportError:
            raise click.ClickException(
                "recording needs opensearch-py, which is not installed: pip install opensearch-py"
            ) from None
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)  # its warnings are reported as gaps
        self._url = upstream.url
        self._has_user = upstream.user is not None
        self._errors = opensearchpy.exceptions
        secure: dict[str, Any] = {}
        if upstream.url.startswith("https:"):
            secure = {"ssl_context": upstream.ssl_context()}
            if upstream.insecure:
                import urllib3

                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._client = opensearchpy.OpenSearch(
            [upstream.url],
            http_auth=upstream.user,
            headers=dict(upstream.headers),
            timeout=_REQUEST_SECONDS,
            max_retries=0,
            **secure,
        )
        self._version: str | None = None

    @property
    def version(self) -> str:
        """The version number; empty if unknown."""
        if self._version is None:
            try:
                number = self._client.info()["version"]["number"]
                self._version = number if isinstance(number, str) else ""
            except (self._errors.OpenSearchException, LookupError, TypeError):
                self._version = ""
        return self._version

    def status(self, workflow_id: str) -> Mapping[str, Any]:
        """Raises NoAnswerError."""
        get_status = self._client.plugins.flow_framework.get_status
        return self._response(workflow_id, lambda: get_status(workflow_id=workflow_id, params={"all": "true"}), "state")

    def template(self, workflow_id: str) -> Mapping[str, Any]:
        """Raises NoAnswerError."""
        return self._response(
            workflow_id, lambda: self._client.plugins.flow_framework.get(workflow_id=workflow_id), "name"
        )

    def _response(self, workflow_id: str, ask: Callable[[], Any], key: str) -> Mapping[str, Any]:
        errors = self._errors
        try:
            answer = ask()
        except errors.ConnectionTimeout:
            raise NoAnswerError(f"no response within {_REQUEST_SECONDS} s", passes=True) from None
        except errors.SSLError as error:
            hint = "--ca names the file of the CA that signed it, --insecure trusts any"
            raise NoAnswerError(_cause(error), hint=hint) from None
        except errors.ConnectionError as error:
            if _is_broken_off(error):
                raise NoAnswerError("the response broke off", passes=True) from None
            raise NoAnswerError(_cause(error), hint="is the address right?") from None
        except errors.TransportError as error:
            raise self._refusal(workflow_id, error) from None
        except errors.SerializationError:
            answer = None
        if not isinstance(answer, dict) or key not in answer:
            raise NoAnswerError("a server answers there, but not OpenSearch", hint="is the address right?")
        return answer

    def _refusal(self, workflow_id: str, error: Any) -> NoAnswerError:
        status, said, does = error.status_code, _said(error), _does(error)
        if status == 401:
            hint = "" if self._has_user else "use --user name:password"
            why = "wrong name or password" if self._has_user else "the cluster requires a user"
            return NoAnswerError(f"401: {why}", hint=hint, does=does)
        if status == 403:
            return NoAnswerError(f"403: {said or 'the user has no permission'}", does=does)
        if status == 404 and any(word in said for word in ("workflow", "template")):
            return NoAnswerError(f"404: no workflow {workflow_id}", hint="is its id right?", does=does)
        if status in (400, 404, 405):
            return NoAnswerError(f"{status}: no flow-framework plugin there{said and f': {said}'}", does=does)
        passes = status in (408, 429) or status >= 500
        return NoAnswerError(f"{status}{said and f': {said}'}", passes=passes, does=does)


def _does(error: Any) -> dict[str, Any]:
    """The keys of a fault with the same response; empty if no fault can give it."""
    body = error.info if isinstance(error.info, (dict, list)) else error.error
    try:
        return {"respond": respond_of(error.status_code, body, {})}
    except ValueError:
        return {}


def _said(error: Any) -> str:
    """The message of an error response, shortened to one line."""
    info = error.info
    text = info.get("error", info) if isinstance(info, dict) else info or error.error
    text = text.get("reason", text.get("message", text)) if isinstance(text, dict) else text
    line = text_without_secrets(" ".join(str(text or "").split()))
    return "" if line.startswith("<") else line[:200]


def _is_broken_off(error: Any) -> bool:
    """Whether the connection was established and closed before the response was complete."""
    causes = (error.info, *getattr(error.info, "args", ()))
    return any(isinstance(cause, (IncompleteRead, ConnectionResetError, RemoteDisconnected)) for cause in causes)


def _cause(error: Any) -> str:
    """The reason of a failed connection, without the prefixes of the HTTP client."""
    cause: Any = error.info if isinstance(getattr(error, "info", None), Exception) else error
    while (inner := getattr(cause, "reason", None)) and isinstance(inner, Exception):
        cause = inner
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    text = re.sub(r"^.*\[Errno -?\d+\] |^\[SSL[^]]*\] | \(_ssl\.c:\d+\)", "", text)
    return text_without_secrets(text)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Lets SIGTERM end the block as Ctrl-C does."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
