"""The cases as they are written, and the answers of a release."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent
PLUGIN: Final = "/_plugins/_flow_framework/"
RELEASES: Final = ("3.8.0", "2.19.6")

Answer = Mapping[str, Any]
"""`status`, `type` (the media type) and `body` (JSON, or a text that is none), with the names of `player.Names`."""


@dataclass(frozen=True)
class Step:
    """A request, or a wait for a workflow's run to end."""

    method: str = ""
    target: str = ""
    """Path and query."""
    body: str | None = None
    headers: Mapping[str, str] | None = None
    keeps: Mapping[str, str] | None = None
    """The name of a value of the response, and its key there."""
    waits_for: str | None = None
    """The workflow id to wait for, as a name."""


@dataclass(frozen=True)
class Case:
    """Requests in order, with a name that is unique."""

    name: str
    steps: tuple[Step, ...]


def all_cases() -> Iterator[Case]:
    """The cases of all files, those first that expect a cluster which has never had a workflow."""
    for file in sorted((FOLDER / "cases").glob("*.yaml")):
        for written in yaml.safe_load(file.read_text("utf-8"))["cases"]:
            yield Case(f"{file.stem[3:]}: {written['case']}", tuple(map(_step, written["requests"])))


def answers_of(release: str) -> Mapping[str, list[Answer | None]]:
    """The answers of a real node by case; None for a wait."""
    read: dict[str, list[Answer | None]] = json.loads((FOLDER / "answers" / f"{release}.json").read_text("utf-8"))
    return read


def write_answers(release: str, answers: Mapping[str, list[Answer | None]]) -> Path:
    """Writes what `answers_of` reads, and returns the file."""
    file = FOLDER / "answers" / f"{release}.json"
    file.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file


def _step(written: Mapping[str, Any]) -> Step:
    if "wait" in written:
        return Step(waits_for=written["wait"])
    method, target = written["request"].split(" ", 1)
    body = written.get("body")
    return Step(
        method,
        target if target.startswith("/") else PLUGIN + target,
        body if body is None or isinstance(body, str) else json.dumps(body),
        written.get("headers"),
        written.get("keep"),
    )
