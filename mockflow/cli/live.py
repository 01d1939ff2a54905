"""`mockflow show --live`: follows a running server through the control API, without changing anything."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from mockflow.cli.client import UNANSWERED, RefusedError, reason, request, verifying_opener
from mockflow.cli.keys import keys
from mockflow.cli.layout import Shade, strip_of, time_text
from mockflow.cli.options import counted
from mockflow.cli.selection import Selection
from mockflow.cli.terminal import Drawing
from mockflow.core.base.plain_text import plain

_PAUSE_SECONDS: Final = 0.5
_EVENTS: Final = 8  # lines of events below the pictures
_LINES: Final = 6  # lines of one workflow's picture
_POLLS: Final = 500  # the most polls that are kept of each workflow
_END: Final = 10**14  # greater than the number of any exchange


@dataclass(frozen=True)
class Event:
    """An event: its wall-clock time (epoch seconds) and a description in one line."""

    wall: float
    what: str
    is_bad: bool = False
    workflow_id: str | None = None

    def __str__(self) -> str:
        return plain(f"{datetime.fromtimestamp(self.wall).strftime('%H:%M:%S.%f')[:-3]}  {self.what}")


@dataclass
class Followed:
    """The state of a server at the last update. `ask` returns the response of the control API to a GET of a path."""

    ask: Callable[[str], Any]
    clock: dict[str, Any] = field(default_factory=dict)
    workflows: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls: dict[str, deque[tuple[int, bool]]] = field(default_factory=dict)
    """For each workflow's run: the times of clients' requests (elapsed ms), and whether they succeeded."""
    touched: dict[str, int] = field(default_factory=dict)
    """For each workflow, the number of the last update with a change."""
    _timelines: dict[str, dict[str, Any]] = field(default_factory=dict)
    _since: int | None = None
    _looks: int = 0

    def update(self) -> list[Event]:
        """The events since the last update; the first update has none. Raises one of `UNANSWERED`."""
        self._looks += 1
        journal = self.ask(f"/journal?since={_END if self._since is None else self._since}")
        events = []
        if self._since is not None and journal["counted"] < self._since:
            events.append(Event(time.time(), "a new world: the server was reset or started again"))
            journal = self.ask("/journal?since=0")
            self.workflows, self.polls = {}, {}
        is_first, self._since = self._since is None, journal["counted"]
        self.clock = self.ask("/clock")
        views = {view["workflow_id"]: view for view in self.ask("/workflows")}
        changes = [] if is_first else list(self._changes(views))
        self.workflows = views
        for exchange in journal["exchanges"]:
            events.append(_event(exchange))
            self._count(exchange)
        return [*events, *changes]

    def timeline(self, workflow_id: str) -> dict[str, Any] | None:
        """A workflow with its moments. If the server does not respond, as read last; None if it was never read."""
        with suppress(*UNANSWERED):
            self._timelines[workflow_id] = self.ask(f"/workflows/{quote(workflow_id, safe='')}")
        return self._timelines.get(workflow_id)

    def _changes(self, views: dict[str, dict[str, Any]]) -> Iterator[Event]:
        for workflow_id, view in views.items():
            before = self.workflows.get(workflow_id)
            what = _change(before, view)
            if what:
                self.touched[workflow_id] = self._looks
                yield Event(time.time(), f"{workflow_id}: {what}", view["state"] == "FAILED", workflow_id)
            if before and (before["run"], before["begun"]) != (view["run"], view["begun"]):
                self.polls.pop(workflow_id, None)
        for workflow_id in [workflow_id for workflow_id in self.workflows if workflow_id not in views]:
            self.polls.pop(workflow_id, None)
            self.touched.pop(workflow_id, None)
            self._timelines.pop(workflow_id, None)
            yield Event(time.time(), f"{workflow_id}: removed")

    def _count(self, exchange: dict[str, Any]) -> None:
        workflow_id = exchange["workflow_id"]
        view = self.workflows.get(workflow_id)
        if view and view["begun"]:
            began = self.clock["now"] - view["elapsed_ms"]
            polls = self.polls.setdefault(workflow_id, deque(maxlen=_POLLS))
            polls.append((max(exchange["now"] - began, 0), _is_good(exchange)))
            self.touched[workflow_id] = self._looks


def follow(url: str, console: Console, *, words: str, token: str | None, ca: str | None) -> None:
    """Follows the server at `url` until Ctrl-C, with pictures on a terminal, else with one line for each event.

    `words` limit the workflows to those whose id, scenario or state has each of them.
    """
    opener = verifying_opener(ca)
    followed = Followed(lambda path: request(opener, "GET", f"{url}/_mockflow{path}", token=token))
    try:
        followed.update()
    except RefusedError as error:
        raise click.ClickException(f"{url}: {error}") from None
    except UNANSWERED as error:
        raise click.ClickException(f"{url} does not answer: {reason(error)}") from None
    try:
        if console.is_terminal and not console.is_dumb_terminal:
            _as_pictures(followed, url, console, Selection(words))
        else:
            _as_lines(followed, url, Selection(words))
    except KeyboardInterrupt:
        click.echo()


def _as_lines(followed: Followed, url: str, selection: Selection) -> None:
    count = counted(len(followed.workflows), "workflow")
    click.echo(plain(f"following {url}: {count}, clock {followed.clock['mode']}"))
    for view in followed.workflows.values():
        if selection.matches(view["workflow_id"], view):
            click.echo(plain(f"{view['workflow_id']}: {view['state']}"))
    for events, trouble in _updates(followed, url):
        for event in events:
            if _concerns(event, selection, followed):
                click.echo(str(event))
        if trouble:
            click.echo(str(trouble))


def _concerns(event: Event, selection: Selection, followed: Followed) -> bool:
    """Whether an event is about a workflow of the selection; one about none always is."""
    view = followed.workflows.get(event.workflow_id or "")
    return not selection.words or view is None or selection.matches(event.workflow_id or "", view)


def _as_pictures(followed: Followed, url: str, console: Console, selection: Selection) -> None:
    events: deque[Event] = deque(maxlen=_EVENTS)
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live, keys() as pressed:

        def draw() -> None:
            live.update(_screen(followed, url, console, events, selection), refresh=True)

        def pause(seconds: float) -> None:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                if key := pressed.wait(left):
                    selection.press(key, _room(console))
                    draw()

        draw()
        for new, problem in _updates(followed, url, pause):
            events.extend([*new, *([problem] if problem else [])])
            draw()


def _updates(
    followed: Followed, url: str, pause: Callable[[float], None] = time.sleep
) -> Iterator[tuple[list[Event], Event | None]]:
    """Yields after each update the new events, and once, that the server has stopped responding or is back."""
    is_away = False
    while True:
        pause(_PAUSE_SECONDS)
        try:
            events = followed.update()
        except UNANSWERED as error:
            if not is_away:
                is_away = True
                yield [], Event(time.time(), f"{url} does not answer: {reason(error)}; waiting for it", is_bad=True)
        else:
            if is_away:
                is_away = False
                events.insert(0, Event(time.time(), f"{url} answers again"))
            yield events, None


# -- in words ------------------------------------------------------------------------------------------


def _event(exchange: dict[str, Any]) -> Event:
    what = exchange["operation"] or f"{exchange['method']} {exchange['target']}"
    words = [what, exchange["workflow_id"] or "", str(exchange["status"] or "no answer"), _answer(exchange)]
    words += [f"[{kind} {exchange[kind]}]" for kind in ("fault", "stub") if exchange.get(kind)]
    text = "  ".join(word for word in words if word)
    return Event(exchange["wall"], text, not _is_good(exchange), exchange["workflow_id"])


def _answer(exchange: dict[str, Any]) -> str:
    """The main content of a response: the state, or the error."""
    body = exchange["response"]
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    if isinstance(error, dict):
        error = error.get("reason") or error.get("type")
    return "  ".join(str(part) for part in (body.get("state"), error) if part)


def _is_good(exchange: dict[str, Any]) -> bool:
    arrives = exchange.get("connection") in (None, "drip")  # older servers do not have the key
    return arrives and bool(0 < exchange["status"] < 400)


def _change(before: dict[str, Any] | None, view: dict[str, Any]) -> str:
    if before is None:
        return f"exists, {view['state']}"
    parts = []
    if view["begun"] and (before["run"], before["begun"]) != (view["run"], True):
        parts.append(f"its run begins ({view['run']})")
    if before["state"] != view["state"]:
        parts.append(f"{before['state']} -> {view['state']}")
    return ", ".join(parts)


# -- as pictures ---------------------------------------------------------------------------------------


def _room(console: Console) -> int:
    """How many workflows fit on the screen."""
    return max((console.height - _EVENTS - 6) // _LINES, 1)


def _screen(
    followed: Followed, url: str, console: Console, events: deque[Event], selection: Selection | None = None
) -> RenderableType:
    selection = selection or Selection()
    clock = followed.clock
    speed = f" x {clock['speed']:g}" if clock["mode"] == "real" and clock["speed"] != 1 else ""
    since = time_text(clock["elapsed_ms"] - clock["elapsed_ms"] % 100)
    parts: list[RenderableType] = [
        Text.assemble(
            (url, "bold"), f"  {since} of virtual time  clock {clock['mode']}{speed}  Ctrl-C ends", style="dim"
        )
    ]
    shown, matching = selection.shown(followed.workflows, followed.touched, _room(console))
    if line := _selected(selection, len(shown), matching, len(followed.workflows)):
        parts.append(Text(line, no_wrap=True, overflow="ellipsis"))
    for workflow_id in shown:
        parts += _workflow(followed, workflow_id)
    others = Counter(str(view["state"]) for name, view in followed.workflows.items() if name not in set(shown))
    if others:
        listed = ", ".join(f"{count} {state}" for state, count in others.most_common())
        parts.append(Text(f"and {counted(others.total(), 'more workflow')}: {listed}", style="dim"))
    parts.append(Text())
    parts += [
        Text(str(event), style="red" if event.is_bad else "", no_wrap=True, overflow="ellipsis") for event in events
    ]
    return Group(*parts)


def _selected(selection: Selection, shown: int, matching: int, total: int) -> str:
    """What is drawn of the list, and the keys that change it; empty if all of it is."""
    if shown == total and not selection.words and not selection.is_typing:
        return ""
    which = "the latest" if selection.first is None else f"{selection.first + 1} to {selection.first + shown}"
    words = f"  filter: {plain(selection.words)}{'_' if selection.is_typing else ''}"
    keys = "Enter keeps it, Esc clears it" if selection.is_typing else "↑ ↓ PgUp PgDn scroll, / filters, Esc the latest"
    return f"{which} of {matching}{words if selection.words or selection.is_typing else ''}  ({keys})"


def _workflow(followed: Followed, workflow_id: str) -> list[RenderableType]:
    view = followed.timeline(workflow_id)
    if view is None:
        return []
    run = view["run"] or ("not begun" if not view["begun"] else "")
    title = Text.assemble(
        (plain(workflow_id), "bold"),
        plain(f"  {view['scenario'] or 'no scenario'}, {run}  {view['state']}  {counted(view['polls'], 'poll')}"),
        style="dim",
        no_wrap=True,
        overflow="ellipsis",
    )
    shades = [Shade(window["from_ms"], window["to_ms"], window["fault"]) for window in view.get("faults", ())]
    head = view["elapsed_ms"] if view["begun"] else None
    return [
        Text(),
        title,
        Drawing(strip_of(view["timeline"], shades=shades), head, followed.polls.get(workflow_id, ())),
    ]
