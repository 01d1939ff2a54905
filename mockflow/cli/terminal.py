"""The picture of a run for a terminal of any width, with or without colours, in Unicode or ASCII."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mockflow.cli.layout import Resource, Stop, Strip, spread
from mockflow.core.base.plain_text import plain


@dataclass(frozen=True)
class StateStyle:
    """The style of a state: its colour, and the filling of its band without colours."""

    colour: str
    fill: str
    ascii_fill: str


STATE_STYLES: Final = {
    "NOT_STARTED": StateStyle("bold #ffffff on grey37", "·", "."),
    "PROVISIONING": StateStyle("bold #000000 on dodger_blue1", "▒", "="),
    "COMPLETED": StateStyle("bold #000000 on green3", "█", "#"),
    "FAILED": StateStyle("bold #ffffff on red3", "▞", "x"),
}
OTHER_STYLE: Final = StateStyle("bold #000000 on medium_purple1", "░", "~")
"""The style of states that the plugin does not have."""


@dataclass(frozen=True)
class Glyphs:
    """The characters of the picture."""

    start: str = "▏"
    tick: str = "╵"
    wait: str = "┊"
    created: str = "◆"
    gone: str = "◇"
    head: str = "▲"
    poll: str = "•"
    refused: str = "✗"
    fault: str = "≈"


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(start="|", tick="'", wait=":", created="+", gone="-", head="^", poll="*", refused="x", fault="~")


@dataclass(frozen=True)
class Pen:
    """The capabilities of a terminal."""

    has_colours: bool
    glyphs: Glyphs

    @classmethod
    def of(cls, console: Console) -> "Pen":
        glyphs = UNICODE
        try:
            "".join([*vars(UNICODE).values(), *(style.fill for style in STATE_STYLES.values())]).encode(
                console.encoding
            )
        except (UnicodeError, LookupError):
            glyphs = ASCII
        return cls(console.color_system is not None and not console.no_color, glyphs)

    def band(self, state: str, width: int) -> Text:
        """A band with the state's name, which is cut if it does not fit."""
        style, name = STATE_STYLES.get(state, OTHER_STYLE), plain(state)
        if self.has_colours:
            return Text(set_cell_size(f" {name}", width), style=style.colour)
        fill = style.fill if self.glyphs is UNICODE else style.ascii_fill
        named = f"{set_cell_size(name, min(cell_len(name), width - 2))} " if width > _NARROW else ""
        band = set_cell_size(self.glyphs.start + named, min(cell_len(named) + 1, width))
        return Text(band + fill * (width - cell_len(band)))


@dataclass(frozen=True)
class Drawing:
    """A run for rich to print: bands, marks of resources, times. `head` is the elapsed ms of a playhead."""

    strip: Strip
    head: int | None = None
    polls: Sequence[tuple[int, bool]] = ()
    """The requests of clients: elapsed ms, and whether they succeeded."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lines with the width of the console."""
        pen, width = Pen.of(console), max(options.max_width - 2, 10)
        edges = [round(edge) for edge in spread(self.strip.lengths, self._minimums(), width)]
        lines = [self._bands(pen, edges), self._faults(pen, edges, width), self._marks(pen, edges, width)]
        if self.head is not None:
            lines.append(self._head(pen, edges, width))
        for line in [*lines, self._times(edges, width)]:
            if line.plain.strip():
                yield Text(" ", no_wrap=True, overflow="crop").append_text(line)

    def _minimums(self) -> list[float]:
        """The minimum widths: one cell for each stop, and for each band the width of its name."""
        minimums = [1.0] * len(self.strip.stops)
        for band in self.strip.bands:
            for number in range(band.first, band.end):
                minimums[number] = max(1.0, (cell_len(plain(band.state)) + 3) / (band.end - band.first))
        return minimums

    def _bands(self, pen: Pen, edges: Sequence[int]) -> Text:
        bands = ((band.state, edges[band.end] - edges[band.first]) for band in self.strip.bands)
        return Text().join(pen.band(state, width) for state, width in bands if width)

    def _faults(self, pen: Pen, edges: Sequence[int], width: int) -> Text:
        cells = [" "] * width
        for shade in self.strip.shades:
            begin, end = (min(round(edge), width) for edge in self.strip.span(shade, edges))
            begin = min(begin, width - 1)
            cells[begin : max(end, begin + 1)] = pen.glyphs.fault * (max(end, begin + 1) - begin)
        return Text("".join(cells), style="red")

    def _marks(self, pen: Pen, edges: Sequence[int], width: int) -> Text:
        cells = [" "] * width
        for stop, edge in zip(self.strip.stops, edges, strict=False):
            cell = min(edge, width - 1)
            if cells[cell] not in (pen.glyphs.created, pen.glyphs.gone):
                cells[cell] = _mark(stop, pen.glyphs)
        return Text("".join(cells), style="bold")

    def _head(self, pen: Pen, edges: Sequence[int], width: int) -> Text:
        line = Text(" " * width)
        cells = list(line.plain)
        styles: dict[int, str] = {}
        for at, is_good in self.polls:
            cell = min(round(self.strip.place(at, edges)), width - 1)
            cells[cell] = pen.glyphs.poll if is_good else pen.glyphs.refused
            styles[cell] = "cyan" if is_good else "bold red"
        cell = min(round(self.strip.place(self.head or 0, edges)), width - 1)
        cells[cell], styles[cell] = pen.glyphs.head, "bold yellow"
        line = Text("".join(cells))
        for cell, style in styles.items():
            line.stylize(style, cell, cell + 1)
        return line

    def _times(self, edges: Sequence[int], width: int) -> Text:
        """The line of times, with as many as fit; those at the beginning of bands have priority."""
        cells = [" "] * width
        starts = {band.first: None for band in self.strip.bands}  # in order
        others = [number for number in range(len(self.strip.stops)) if number not in starts]
        for number in [*starts, *others]:
            label = self.strip.stops[number].label
            begin = max(min(edges[number], width - len(label)), 0)
            if all(cell == " " for cell in cells[max(begin - 1, 0) : begin + len(label) + 1]):
                cells[begin : begin + len(label)] = label
        return Text("".join(cells)[:width], style="dim")


def say(console: Console, picture: RenderableType) -> None:
    """Prints `picture`; without colours, blanks at the ends of lines are removed."""
    if Pen.of(console).has_colours:
        console.print(picture)
        return
    with console.capture() as capture:
        console.print(picture)
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def moments_table(strip: Strip, pen: Pen) -> Padding:
    """A table of moments with time, state and changes."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim", no_wrap=True, overflow="crop")
    table.add_column(no_wrap=True, overflow="crop")
    table.add_column(overflow="fold")
    before = ""
    for stop in strip.stops:
        news = list(_news(stop, pen))
        state = "" if stop.state == before and news else plain(stop.state)
        table.add_row(stop.label, Text(state, style=_text_style(stop.state)), Group(*news) if news else "")
        before = stop.state
    return Padding(table, (0, 0, 0, 1))


def _news(stop: Stop, pen: Pen) -> Iterable[Text]:
    if stop.error:
        yield Text(plain(stop.error), style="red")
    for sign, resources in ((pen.glyphs.created, stop.created), (pen.glyphs.gone, stop.gone)):
        for resource in resources:
            yield Text(f"{sign} {plain(_resource_text(resource))}")
    for note in stop.notes:
        yield Text(plain(note), style="dim")


def _resource_text(resource: Resource) -> str:
    step, name = resource.get("workflow_step_id", "?"), resource.get("workflow_step_name", "?")
    deployed = " (deploy_model)" if name == "deploy_model" and "deploy" not in step else ""
    return f"{step}{deployed}  {resource.get('resource_type', '?')} {resource.get('resource_id', '?')}"


def _mark(stop: Stop, glyphs: Glyphs) -> str:
    if stop.created:
        return glyphs.created
    if stop.gone:
        return glyphs.gone
    return glyphs.wait if stop.waits else glyphs.tick


def _text_style(state: str) -> str:
    return STATE_STYLES.get(state, OTHER_STYLE).colour.rpartition(" ")[2] if state != "NOT_STARTED" else "dim"


_NARROW: Final = 4  # a band of this many cells has no name
