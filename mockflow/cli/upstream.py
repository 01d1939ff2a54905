"""The real cluster of `mockflow record` and `mockflow proxy`: its URL and credentials."""

import functools
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from mockflow.loading.regular_files import require_regular


@dataclass(frozen=True)
class Upstream:
    """The cluster's URL, without user and final slash, and credentials. These are never written to a file."""

    url: str
    user: tuple[str, str] | None = None
    ca: str | None = None
    insecure: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def ssl_context(self) -> ssl.SSLContext:
        """The TLS context. Raises ClickException if the file `ca` has no certificate."""
        try:
            if self.ca:
                require_regular(self.ca)
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise click.ClickException(f"{self.ca} has no certificate in PEM: {error}") from None
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def upstream_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of the connection to the cluster. The command gets `url` as an `Upstream`."""

    @functools.wraps(command)
    def with_upstream(
        url: str, user: str | None, ca: str | None, insecure: bool, headers: tuple[str, ...], **others: Any
    ) -> None:
        command(url=_upstream(url, user, ca, insecure, headers), **others)

    options = (
        click.option("--user", metavar="NAME:PASSWORD", help="Basic auth; with NAME alone, prompts for the password."),
        click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="The CA to trust, in PEM."),
        click.option("--insecure", is_flag=True, help="Trust any certificate."),
        click.option(
            "--header", "headers", metavar="'NAME: VALUE'", multiple=True, help="A header to send with every request."
        ),
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), with_upstream)


def _upstream(url: str, user: str | None, ca: str | None, insecure: bool, headers: tuple[str, ...]) -> Upstream:
    if ca and insecure:
        raise click.UsageError("--ca and --insecure exclude each other")
    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    credentials = _credentials(user) if user else None
    if user is None and parts.username is not None:
        credentials = unquote(parts.username), unquote(parts.password or "")
    return Upstream(plain, credentials, ca and str(Path(ca)), insecure, dict(map(_header, headers)))


def _credentials(user: str) -> tuple[str, str]:
    name, colon, password = user.partition(":")
    if not name:
        raise click.BadParameter("a name is missing; write name:password", param_hint="'--user'")
    return name, password if colon else click.prompt(f"Password of {name}", hide_input=True, err=True)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable() or not text.isascii() or " " in name.strip():
        raise click.BadParameter(f"{name!r} is not a header; write 'Name: value'", param_hint="'--header'")
    return name.strip(), value.strip()
