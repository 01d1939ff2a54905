"""`mockflow serve`: its options. What it does is in `serving`, which is imported when it is called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click

from mockflow.cli.environment import EnvironmentCommand, unknown_variables
from mockflow.cli.options import Duration, Epoch, ScenarioPath, Seed, UserText, body_files_option
from mockflow.cli.quick_import import quick_import
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, parse_version

_MAX_SPEED: Final = 1_000_000


class _Serve(EnvironmentCommand):
    """With ``--log-format json`` errors are lines of JSON, those of the command line included."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        words = [*args, "--log-format", os.environ.get("MOCKFLOW_LOG_FORMAT", "")]
        chosen = next((word for word, before in zip(words[1:], words, strict=False) if before == "--log-format"), "")
        is_json = "--log-format=json" in args or chosen == "json"
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            raise _as_json(error) if is_json else error from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise _as_json(error) if ctx.params["log_format"] == "json" else error from None


def _as_json(error: click.ClickException) -> click.ClickException:
    from mockflow.cli.logs import JsonError

    return JsonError.of(error)


_POLLS: Final = click.IntRange(1, 1_000_000_000)  # as the settings allow, whose module is large to import

_DOCUMENTS: Final = click.IntRange(0, 100_000_000)


def _version(_: click.Context, __: click.Parameter, value: str) -> str:
    try:
        return parse_version(value).build
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    cls=_Serve,
    context_settings={"auto_envvar_prefix": "MOCKFLOW", "show_default": True},
    epilog="Every option is also an environment variable: --port is MOCKFLOW_PORT, --auto is MOCKFLOW_AUTO=1. "
    "PATHS are MOCKFLOW_PATHS, separated as in PATH.",
    short_help="Serve a fake OpenSearch with scenarios.",
)
@click.argument("paths", nargs=-1, type=ScenarioPath(), envvar="MOCKFLOW_PATHS")
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", default=9200, type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option("--speed", type=click.FloatRange(0, _MAX_SPEED, min_open=True), help="Virtual seconds per second.")
@click.option("--auto", is_flag=True, help="Time skips to the next keyframe after each poll.")
@click.option("--frozen", is_flag=True, help="Only POST /_mockflow/clock moves time.")
@click.option("--epoch", type=Epoch(), help="The time at the start.  [default: now; auto, frozen: 2026-01-01]")
@click.option("--anchor", type=Epoch(), help="The time at which runs of `starts: load` began, for equal replicas.")
@click.option(
    "--opensearch-version",
    default=DEFAULT_VERSION,
    callback=_version,
    help=f"The release of OpenSearch, from {OLDEST} to {NEWEST}.",
)
@click.option("--step-time", type=Duration(), default="1s", help="The duration of steps without a plan.")
@click.option("--seed", default=0, type=Seed(), help="The seed of generated ids and of chance; random chooses one.")
@click.option("--max-polls", default=1000, type=_POLLS, help="Log a warning after this many equal statuses.")
@click.option("--max-documents", default=100_000, type=_DOCUMENTS, help="How many documents all indices may hold.")
@click.option(
    "--begin",
    "begins",
    metavar="NAME",
    multiple=True,
    envvar="MOCKFLOW_BEGIN",
    help="Begin the run of this scenario, by its name or workflow id.",
)
@click.option("--port-file", type=click.Path(path_type=Path), help="A file that gets the port once it is ready.")
@click.option("--keep-going", is_flag=True, help="Serve the scenarios without errors even if others have errors.")
@click.option("--open", "opens", is_flag=True, envvar="MOCKFLOW_OPEN", help="Open the page in the browser.")
@click.option("--watch", is_flag=True, help="Reload scenario files that change; runs continue.")
@click.option("--edit", "edits", is_flag=True, envvar="MOCKFLOW_EDIT", help="The page may write scenario files.")
@body_files_option
@click.option(
    "--user", "users", type=UserText(), multiple=True, envvar="MOCKFLOW_USER", help="A user; with one, security is on."
)
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
    "--control-host-allow",
    "control_hosts",
    metavar="HOST",
    multiple=True,
    envvar="MOCKFLOW_CONTROL_HOST_ALLOW",
    help="Another name of this host that browsers may use for the control API.",
)
@click.option("--insecure-control", is_flag=True, help="Allow the control API without protection on any address.")
@click.option(
    "--max-connections", default=1000, type=click.IntRange(1), help="The most open connections; one more gets a 429."
)
@click.option("--read-timeout", type=Duration(), default="30s", help="How long a request may take to arrive.")
@click.option("--report-unserved", is_flag=True, help="List at the end which requests mockflow does not serve.")
@click.option("--quiet", is_flag=True, help="Log warnings only.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="The form of the log's lines.")
def serve(log_format: str, **options: Any) -> None:
    """Serve a fake OpenSearch with the scenarios of PATHS (files and folders, optional).

    The path @overloaded is the shipped scenario of this name, @all are all of them; mockflow scenarios lists them.
    """
    from mockflow.cli import logs

    with quick_import():
        from mockflow.cli.serving import Options, run

    access_log = logs.set_up(log_format, quiet=options["quiet"])
    messages = logs.StartMessages(log_format)
    for message in unknown_variables(click.get_current_context(), os.environ):
        messages.warn(message)
    run(Options(**options), messages, access_log)
