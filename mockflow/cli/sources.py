"""Scenarios that commands read: files, folders, shipped ones, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from mockflow.loading.load import NO_SCENARIO, Loading, read_versions, together, version_of
from mockflow.loading.problems import Problem
from mockflow.loading.regular_files import read_regular
from mockflow.loading.yaml12 import MAX_BYTES

STDIN: Final = "-"
STDIN_NAME: Final = "stdin"
"""The name of standard input in problems."""


@dataclass(frozen=True)
class Read:
    """The scenarios that were read, with every problem, and the names of all files."""

    loading: Loading
    files: tuple[str, ...]

    def text(self, file: str) -> bytes:
        """The text of one of `files`."""
        return stdin_text() if file == STDIN_NAME else read_regular(file)


def read_paths(paths: Collection[str], *, allow_empty: bool = False, body_folders: Collection[str]) -> Read:
    """Reads scenarios; the path - is standard input. A `body_file` may also lie below one of `body_folders`."""
    named = [path for path in paths if path != STDIN]
    versions = dict(read_versions(named, body_folders=tuple(body_folders)))
    if len(named) < len(tuple(paths)):
        versions[STDIN_NAME] = version_of(stdin_text(), STDIN_NAME, Path(), tuple(body_folders))
    loading = together(versions)
    if not allow_empty:
        loading.problems = [_as_error(problem) for problem in loading.problems]
    return Read(loading, tuple(versions))


def stdin_text() -> bytes:
    """The whole of standard input, up to the size of a file. It is read once for each call of a command."""
    meta = click.get_current_context().meta
    if _STDIN not in meta:
        meta[_STDIN] = sys.stdin.buffer.read(MAX_BYTES + 1)
    text: bytes = meta[_STDIN]
    return text


_STDIN: Final = "mockflow.stdin"


def _as_error(problem: Problem) -> Problem:
    if problem.message != NO_SCENARIO:
        return problem
    return replace(problem, severity="error", hint="is the path right? --allow-empty permits it")
