"""The text of a failed assertion: the requests, their responses, and the timelines of the workflows."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from mockflow.core.base.durations import format_duration
from mockflow.core.base.plain_text import plain
from mockflow.server.control.exchange import Exchange
from mockflow.server.control.views import Moment, NotServedView, WorkflowDetail

_LONGEST: Final = 40
"""The most lines of requests. Of more, the lines in the middle are counted only."""
_MOST: Final = 10
"""The most entries of a list: of requests that wait, of what never acted, of what is not served."""
_LONG: Final = 400
"""The most characters of a request that is not answered yet, with what would end its wait."""
_TEXT: Final = 160
"""The most characters of one text."""


def story_of(
    exchanges: Sequence[Exchange],
    workflows: Iterable[WorkflowDetail],
    *,
    mode: str,
    counted: int,
    earlier: Sequence[Exchange] = (),
    stuck: str | None = None,
    waiting: Sequence[str] = (),
    unused: Sequence[str] = (),
    not_served: Sequence[NotServedView] = (),
    hints: Sequence[str] = (),
) -> str:
    """The text about `exchanges` and the timelines of `workflows`.

    `mode` is the clock's current mode, `counted` the number of requests, kept or not, `earlier` those before, whose
    polls count in the timelines, `stuck` why a client was cut off, `waiting` the requests that wait on the clock now,
    `unused` the descriptions of faults, stubs and steps of `fail_step` that never acted, `not_served` what OpenSearch
    has and mockflow does not serve, and `hints` what may be wrong with the test.
    """
    cut_off = [f"a client was cut off: {stuck}", ""] if stuck else []
    lines = [*cut_off, _heading(exchanges, mode, counted, bool(waiting)), *_shortened(_requests(exchanges))]
    if waiting:
        lines += ["", "not answered yet:", *(f"  {_cut(one, _LONG)}" for one in waiting[:_MOST]), *_more(waiting)]
    if hints:
        lines += ["", *(f"hint: {_cut(one, _LONG)}" for one in hints)]
    polls: dict[str | None, list[Any]] = {}
    for one in (*earlier, *exchanges):
        if one.is_poll:
            polls.setdefault(one.workflow_id, []).append(one.answer)
    for workflow in workflows:
        lines += ["", *_timeline(workflow, polls.get(workflow.workflow_id, []))]
    if unused:
        lines += ["", "planned, but without effect:", *(f"  {_cut(one)}" for one in unused[:_MOST]), *_more(unused)]
    if not_served:
        lines += ["", "not served by mockflow; these stubs in a scenario answer it:", *_stubs(not_served)]
    return "\n".join(map(plain, lines))  # names may contain any character


def _stubs(not_served: Sequence[NotServedView]) -> list[str]:
    lines = [line for one in not_served[:_MOST] for line in one.stub.splitlines()[1:]]
    return ["  stubs:", *(f"  {line}" for line in lines), *_more(not_served)]


def _more(listed: Sequence[object]) -> list[str]:
    return [f"  ... {len(listed) - _MOST} more ..."] if len(listed) > _MOST else []


def _heading(exchanges: Sequence[Exchange], mode: str, counted: int, waits: bool) -> str:
    modes = list(dict.fromkeys(exchange.mode for exchange in exchanges)) or [mode]
    clock = f"clock {', then '.join(modes)}"
    if not exchanges:
        return f"mockflow {'answered' if waits else 'received'} no requests, {clock}"
    kept = f" ({len(exchanges)} kept)" if counted > len(exchanges) else ""
    return f"mockflow received {counted} request{'s' * (counted != 1)}{kept}, {clock}:"


def _requests(exchanges: Sequence[Exchange]) -> list[str]:
    """A line for each request; consecutive equal requests share a line."""
    lines = []
    rows = [(_target(exchange), _answer(exchange), exchange) for exchange in exchanges]
    for (target, answer), group in groupby(rows, key=lambda row: row[:2]):
        same = [row[2] for row in group]
        first, last = _time(same[0].elapsed), _time(same[-1].elapsed)
        until = f", until {last}" if last != first else ""
        times = f"  ({len(same)} times{until})" if len(same) > 1 else ""
        lines.append(f"  {first:>8}  {target} -> {answer}{times}")
    return lines


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= _LONGEST:
        return lines
    half = _LONGEST // 2
    return [*lines[:half], f"            ... {len(lines) - 2 * half} lines more ...", *lines[-half:]]


def _target(exchange: Exchange) -> str:
    return _cut(f"{exchange.method} {exchange.target.replace('/_plugins/_flow_framework', '', 1)}")


def _answer(exchange: Exchange) -> str:
    text = f"{exchange.status} {_summary(exchange.answer)}".rstrip() if exchange.status else "no response"
    by = [] if exchange.served else ["not served by mockflow"]
    by += [f"fault {exchange.fault}"] if exchange.fault else []
    by += [f"stub {exchange.stub}"] if exchange.stub else []
    by += [f"nearest stub {exchange.near_misses[0]}"] if exchange.near_misses else []
    by += exchange.notes
    return f"{text}  [{_cut('; '.join(by))}]" if by else text


def _summary(answer: Any) -> str:
    if isinstance(answer, dict) and answer.get("state"):
        return _status(answer, len(answer.get("resources_created") or ()))
    if isinstance(answer, dict) and "error" in answer:
        error = answer["error"]
        return _cut(str(error.get("reason") if isinstance(error, dict) else error))
    if isinstance(answer, dict) and answer.keys() == {"workflow_id"}:
        return f"workflow {answer['workflow_id']}"
    return "" if answer is None else _cut(answer if isinstance(answer, str) else json.dumps(answer))


def _status(status: dict[str, Any], number: int) -> str:
    resources = f", {number} resource{'s' * (number != 1)}" if number else ""
    error = f": {_cut(str(status['error']))}" if status.get("error") else ""
    return f"{status.get('state') or '(no state)'}{resources}{error}"


def _cut(text: str, most: int = _TEXT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


def _time(milliseconds: int) -> str:
    """A short form such as ``5m35s`` or ``1.25s``; ms below a second."""
    minutes, rest = divmod(milliseconds, 60_000)
    if milliseconds < 1000 or not minutes:
        return format_duration(milliseconds) if milliseconds < 1000 else f"{milliseconds / 1000:g}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h" * (hours > 0) + f"{minutes}m" * (minutes > 0) + f"{rest / 1000:g}s" * (rest > 0)


_BEGAN: Final = {
    None: "not begun",
    "look": "begun by the first status call",
    "provision": "provisioned",
    "reprovision": "reprovisioned",
    "deprovision": "deprovisioned",
}


def _timeline(workflow: WorkflowDetail, answers: Sequence[Any]) -> list[str]:
    script = f"by scenario {workflow.scenario}" if workflow.scenario else "without a scenario"
    lines = [f"workflow {workflow.workflow_id}, {script}, {_BEGAN[workflow.run]}:"]
    if workflow.begun:
        lines[0] = f"{lines[0][:-1]}, {_time(workflow.elapsed_ms)} into its run:"
    for moment in workflow.timeline:
        at = moment.at_ms
        when = f"poll {moment.at_poll}" if at is None else _time(at)
        polls = sum(_shows(answer, moment) for answer in answers)
        reached = at is not None and at <= workflow.elapsed_ms and workflow.begun
        seen = (
            f"seen by {polls} poll{'s' * (polls != 1)}" if polls else ("seen by no poll" if reached else "not reached")
        )
        lines.append(f"  {when:>8}  {_status(moment.status, moment.resources)}  [{seen}]")
    return lines


def _shows(answer: Any, moment: Moment) -> bool:
    """Whether a response shows the status of a moment: its brief fields are the same.

    Of resources that a long timeline does not list, the number is compared.
    """
    status = moment.status
    if not isinstance(answer, dict) or any(answer.get(name) != (status.get(name) or None) for name in _BRIEF):
        return False
    listed = answer.get("resources_created") or []
    return bool(listed == status.get("resources_created", listed) and len(listed) == moment.resources)


_BRIEF: Final = ("error", "state")
