"""The picture of a scenario as SVG: one file without scripts or fonts, for light and dark backgrounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Final
from xml.etree import ElementTree as ET

from mockflow.cli.layout import Resource, Shade, Strip, spread, strip_of
from mockflow.cli.preview import RunPreview, ScenarioPreview
from mockflow.core.base.plain_text import plain
from mockflow.core.plugin.resource_list import Identity, identity_of

WIDTH: Final = 880
_EDGE: Final = 24
_LABELS: Final = 190  # the column of the steps' names
_BAND: Final = 30
_ROW: Final = 22
_CHARACTER: Final = 6.7  # width of monospaced text in 11 px; fonts are not measured, so the widths have a margin
_CAPITAL: Final = 8.4  # width in a state's name
_LETTER: Final = 6.4  # width in other text of 12 px

_STYLE: Final = """
svg { color-scheme: light dark; --ground: #ffffff; --ink: #1f2933; --faint: #66788a; --line: #d5dce4; --red: #c0392b;
  --life: #dff2e8;
  --not-started: #8a97a6; --provisioning: #2f7de1; --completed: #1f9d61; --failed: #d2453a; --other: #8257d8; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #14191f; --ink: #e6ebf0; --faint: #93a1b0; --line: #333d48; --red: #ff8a7d;
    --life: #1d3a2d;
    --not-started: #66737f; --provisioning: #3f87e5; --completed: #23995f; --failed: #cf5046; --other: #8e68d9; }
}
text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-size: 12px;
  fill: var(--ink); }
.ground { fill: var(--ground); stroke: var(--line); }
.name { font-size: 17px; font-weight: 650; }
.run { font-size: 13px; font-weight: 600; }
.faint { fill: var(--faint); }
.mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 11px; }
.error { fill: var(--red); }
.state { fill: #ffffff; font-size: 11px; font-weight: 650; letter-spacing: 0.3px; }
.tick { stroke: var(--line); }
.waits { stroke: var(--faint); stroke-dasharray: 2 3; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.NOT_STARTED { fill: var(--not-started); } .PROVISIONING { fill: var(--provisioning); }
.COMPLETED { fill: var(--completed); } .FAILED { fill: var(--failed); } .other { fill: var(--other); }
.hatch { fill: url(#hatch); } #hatch path { stroke: #ffd166; stroke-width: 3; }
.life { fill: var(--life); }
"""
_STATES: Final = frozenset({"NOT_STARTED", "PROVISIONING", "COMPLETED", "FAILED"})


def plotted(stories: Sequence[ScenarioPreview]) -> str:
    """The content of the file. Raises ValueError for text that XML cannot contain."""
    names = ", ".join(story.name for story in stories)
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-labelledby": "title desc"})
    ET.SubElement(svg, "title", {"id": "title"}).text = _text(f"Timeline of {names}")
    ET.SubElement(svg, "desc", {"id": "desc"}).text = _text("\n".join(map(_in_words, stories)))
    ET.SubElement(svg, "style").text = _STYLE
    if any(story.shades for story in stories):
        svg.append(_hatch())
    ground = ET.SubElement(svg, "rect", {"class": "ground", "x": "0.5", "y": "0.5", "rx": "10"})
    page = _Page(svg)
    for number, story in enumerate(stories):
        page.move(18 if number else 0)
        _story(page, story)
    height = page.y + _EDGE - 8
    svg.attrib |= {"viewBox": f"0 0 {WIDTH} {_number(height)}", "width": str(WIDTH), "height": _number(height)}
    ground.attrib |= {"width": str(WIDTH - 1), "height": _number(height - 1)}
    ET.indent(svg, " ")
    return ET.tostring(svg, encoding="unicode") + "\n"


@dataclass
class _Page:
    """The page so far. `y` is the lower edge of the last element."""

    svg: ET.Element
    y: float = 16

    def move(self, by: float) -> float:
        self.y += by
        return self.y

    def text(self, x: float, y: float, text: str, css: str) -> ET.Element:
        element = self._add("text", css, x=x, y=y)
        element.text = _text(text)
        return element

    def rect(self, css: str, **numbers: float) -> ET.Element:
        return self._add("rect", css, **numbers)

    def line(self, css: str, **numbers: float) -> ET.Element:
        return self._add("line", css, **numbers)

    def circle(self, css: str, **numbers: float) -> ET.Element:
        return self._add("circle", css, **numbers)

    def paragraph(self, x: float, text: str, css: str, height: float = 17) -> None:
        """Adds text with line breaks at the right edge."""
        for line in wrap(text, int((WIDTH - _EDGE - x) / _LETTER), break_on_hyphens=False) or [""]:
            self.text(x, self.move(height), line, css)

    def _add(self, tag: str, css: str, **numbers: float) -> ET.Element:
        attributes = {name: _number(value) for name, value in numbers.items()}
        return ET.SubElement(self.svg, tag, {**({"class": css} if css else {}), **attributes})


def _story(page: _Page, story: ScenarioPreview) -> None:
    page.text(_EDGE, page.move(22), _cut(story.name, 80), "name")
    if story.description:
        page.paragraph(_EDGE, story.description, "", 20)
    page.paragraph(_EDGE, story.about, "faint")
    for run in story.runs:
        _run(page, run, story.shades)
    if story.shades or story.other_effects:
        page.move(8)
    for what in (*story.shades, *story.other_effects):
        page.paragraph(_EDGE, f"≈ {what}", "error")


def _run(page: _Page, run: RunPreview, shades: Sequence[Shade]) -> None:
    page.move(10)
    page.text(_EDGE, page.move(22), run.title, "run")
    if run.note:
        page.paragraph(_EDGE, run.note, "faint")
    if run.moments:
        _strip(page, strip_of(run.moments, run.before, shades))
    if run.refusal:
        page.paragraph(_EDGE, f"answers {run.refusal}", "error")


def _strip(page: _Page, strip: Strip) -> None:
    resources = _lives(strip)
    left = _EDGE + (_LABELS if resources else 0)
    width = WIDTH - _EDGE - left
    edges = [left + edge for edge in spread(strip.lengths, _minimums(strip), width)]
    top = page.move(12)
    bottom = top + _BAND + len(resources) * _ROW + (8 if resources else 0)
    for stop, x in zip(strip.stops, edges, strict=False):
        page.line("waits" if stop.waits else "tick", x1=x, x2=x, y1=top + _BAND, y2=bottom + 5)
    for band in strip.bands:
        x, end = edges[band.first], edges[band.end]
        css = band.state if band.state in _STATES else "other"
        tip = page.rect(css, x=x, y=top, width=max(end - x - 1.5, 1), height=_BAND, rx=5)
        ET.SubElement(tip, "title").text = _text(band.state)
    for shade in strip.shades:
        begin, end = strip.span(shade, edges)
        hatch = page.rect("hatch", x=begin, y=top, width=max(end - begin - 1.5, 2), height=_BAND, rx=5)
        ET.SubElement(hatch, "title").text = _text(str(shade))
    for band in strip.bands:
        if name := _cut(band.state, int((edges[band.end] - edges[band.first] - 12) / _CAPITAL)):
            page.text(edges[band.first] + 9, top + 19.5, name, "state")
    page.y = top + _BAND + (8 if resources else 0)
    for life in resources:
        _life(page, life, edges)
    _times(page, strip, edges, bottom + 18)
    page.y = bottom + 20
    for stop in strip.stops:
        if stop.error:
            page.move(4)
            page.paragraph(_EDGE, f"{stop.label}: {stop.error}", "error")
        for note in stop.notes:
            page.paragraph(_EDGE, f"{stop.label}: {note}", "faint")


@dataclass(frozen=True)
class _Life:
    """A resource, from the stop at which it appears to the stop at which it is removed."""

    resource: Resource
    first: int
    end: int
    is_new: bool


def _lives(strip: Strip) -> list[_Life]:
    """One row for each entry of the list, in order of appearance."""
    lives: list[_Life] = []
    places: dict[Identity, list[int]] = {}  # of those that have not ended, in order
    for number, stop in enumerate(strip.stops):
        for resource in stop.gone:
            going = places.get(identity_of(resource))
            if going:
                place = going.pop(0)
                lives[place] = replace(lives[place], end=number)
            else:
                lives.append(_Life(resource, 0, number, is_new=False))
        for resource in stop.created:
            places.setdefault(identity_of(resource), []).append(len(lives))
            lives.append(_Life(resource, number, len(strip.stops), is_new=True))
    return lives


def _life(page: _Page, life: _Life, edges: Sequence[float]) -> None:
    resource = life.resource
    middle = page.move(_ROW) - _ROW / 2
    x, end = edges[life.first], edges[life.end]
    step = resource.get("workflow_step_id", "")
    deployed = " (deploy)" if resource.get("workflow_step_name") == "deploy_model" and "deploy" not in step else ""
    name = f"{_cut(step, int((_LABELS - 14) / _CHARACTER) - len(deployed))}{deployed}"
    label = page.text(_EDGE, middle + 4, name, "mono")
    ET.SubElement(label, "title").text = _text(f"{step}: {resource.get('workflow_step_name', '')}")
    page.rect("life", x=x, y=middle - 8, width=max(end - x - 1.5, 2), height=16, rx=8)
    if life.is_new:
        page.circle("COMPLETED", cx=x + 8, cy=middle, r=4)
    label_text = f"{resource.get('resource_type', '')} {resource.get('resource_id', '')}"
    room = edges[-1] - x - 22
    if len(label_text) * _CHARACTER <= room or x - edges[0] < room:
        text = _cut(label_text, int(room / _CHARACTER))
        page.text(x + 17, middle + 4, text, "mono")
    else:
        text = _cut(label_text, int((x - edges[0] - 12) / _CHARACTER))
        page.text(x - 7, middle + 4, text, "mono faint end")


def _times(page: _Page, strip: Strip, edges: Sequence[float], y: float) -> None:
    """Adds as many times as fit; those at the beginning of bands have priority."""
    taken: list[tuple[float, float]] = []
    starts = {band.first for band in strip.bands}
    for number in sorted(range(len(strip.stops)), key=lambda number: number not in starts):
        label = strip.stops[number].label
        half = len(label) * _CHARACTER / 2
        x = min(max(edges[number], edges[0] + half - 2), edges[-1] - half)
        if all(x + half + 8 < begin or x - half - 8 > end for begin, end in taken):
            taken.append((x - half, x + half))
            page.text(x, y, label, "mono faint middle")


def _minimums(strip: Strip) -> list[float]:
    minimums = [6.0] * len(strip.stops)
    for band in strip.bands:
        for number in range(band.first, band.end):
            minimums[number] = max(6.0, (len(band.state) * _CAPITAL + 22) / (band.end - band.first))
    return minimums


def _hatch() -> ET.Element:
    size = {"id": "hatch", "width": "9", "height": "9", "patternUnits": "userSpaceOnUse"}
    definitions = ET.Element("defs")
    pattern = ET.SubElement(definitions, "pattern", {**size, "patternTransform": "rotate(45)"})
    ET.SubElement(pattern, "path", {"d": "M0 0V9"})
    return definitions


def _in_words(story: ScenarioPreview) -> str:
    """A description of the picture for screen readers."""
    runs = []
    for run in story.runs:
        stops = strip_of(run.moments, run.before).stops if run.moments else ()
        moments = [f"{stop.label} {stop.state}{_created(stop.created)}" for stop in stops]
        runs.append(f"{run.title}: {', '.join(moments) or run.refusal}.")
    wrong = [f"{what}." for what in (*story.shades, *story.other_effects)]
    return f"{story.name}, {story.about}. {' '.join([*runs, *wrong])}"


def _created(resources: Sequence[Resource]) -> str:
    names = " and ".join(resource.get("workflow_step_id", "") for resource in resources)
    return f" with {names}" if names else ""


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[: length - 1]}…" if length > 3 else ""


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    """`text` with unprintable characters as escapes: XML 1.0 cannot contain all, and a terminal may show it."""
    return plain(text, keep="\n")
