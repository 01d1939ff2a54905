"""Reads the files that `body_file` names, relative to the folder of the scenario's file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from mockflow.core.base.findings import Path as Place
from mockflow.core.base.findings import quoted
from mockflow.core.base.json_writer import loads
from mockflow.core.faults.model import Respond
from mockflow.core.scenario.model import Scenario
from mockflow.loading.regular_files import read_regular

MAX_BYTES: Final = 8 * 1024 * 1024
_ALLOW: Final = "move it there, or allow its folder with --body-files (in Python: body_files)"

Folders = Sequence[str | Path]

Refuse = Callable[[Place, str, str], None]
"""Called with the place in the document, what is wrong and what would be right."""


def body_files(scenario: Scenario) -> Iterator[Place]:
    """The places of `body_file` in the document."""
    for place, respond in _responds(scenario):
        if respond.body_file is not None:
            yield (*place, "body_file")


def with_body_files(scenario: Scenario, folder: Path | None, refuse: Refuse, others: Folders) -> Scenario:
    """The scenario with the contents of its body files, which lie below `folder` or one of `others`.

    `folder` is None for a scenario that was sent as text; a `body_file` is a problem then.
    """

    def filled(place: Place, respond: Respond) -> Respond:
        if respond.body_file is None:
            return respond
        try:
            return respond.with_file_content(_content(respond.body_file, folder, others))
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            refuse((*place, "body_file"), message, hint)
            return respond

    return _changed(scenario, filled)


def without_body_files(scenario: Scenario) -> dict[str, Any]:
    """The document with the contents of its body files in place of their names."""

    def written(_: Place, respond: Respond) -> Respond:
        if respond.body_file is None:
            return respond
        keys = {**respond.model_dump(exclude_unset=True, exclude={"body_file"}), "body": respond.content}
        return Respond.model_validate(keys)

    return _changed(scenario, written).model_dump(mode="json", by_alias=True, exclude_unset=True)


def _content(name: str, folder: Path | None, others: Folders) -> Any:
    if folder is None:
        raise ValueError("body_file needs a scenario file, and this scenario was sent as text; write body")
    path = folder / name
    try:
        real = path.resolve()  # a link may lead elsewhere
        is_inside = any(real.is_relative_to(Path(root).resolve()) for root in (folder, *others))
        content = read_regular(real, MAX_BYTES + 1) if is_inside else b""
    except FileNotFoundError:
        raise ValueError(f"no file {quoted(path)}; the path is relative to the folder of the scenario's file") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{quoted(path)} cannot be read: {reason}; name a file") from None
    if not is_inside:
        raise ValueError(f"{quoted(path)} is outside of the folder of the scenario's file; {_ALLOW}")
    if len(content) > MAX_BYTES:
        raise ValueError(f"{quoted(path)} is larger than {MAX_BYTES // 2**20} MiB; use a smaller body")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{quoted(path)} is not UTF-8 text; save it as UTF-8") from None
    if path.suffix != ".json":
        return text
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{quoted(path)} is not JSON: {error}; correct it, or give it another suffix") from None


def _responds(scenario: Scenario) -> Iterator[tuple[Place, Respond]]:
    for number, fault in enumerate(scenario.faults):
        if fault.respond:
            yield ("faults", number, "respond"), fault.respond
    for number, stub in enumerate(scenario.stubs):
        for turn, respond in enumerate(stub.respond):
            yield ("stubs", number, "respond", turn), respond


def _changed(scenario: Scenario, change: Callable[[Place, Respond], Respond]) -> Scenario:
    if not any(True for _ in body_files(scenario)):
        return scenario
    faults = [
        fault.model_copy(update={"respond": change(("faults", number, "respond"), fault.respond)})
        if fault.respond
        else fault
        for number, fault in enumerate(scenario.faults)
    ]
    stubs = [
        stub.model_copy(
            update={
                "respond": tuple(
                    change(("stubs", number, "respond", turn), respond) for turn, respond in enumerate(stub.respond)
                )
            }
        )
        for number, stub in enumerate(scenario.stubs)
    ]
    return scenario.model_copy(update={"faults": tuple(faults), "stubs": tuple(stubs)})
