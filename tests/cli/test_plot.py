"""`mockflow plot`: the SVG as a browser and a reader of XML see it."""

import re
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from tests.support.paths import ROOT, SCENARIOS

SVG: Final = "{http://www.w3.org/2000/svg}"
DOCS: Final = SCENARIOS / "docs-example.yaml"


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(main, ["plot", *map(str, arguments)], prog_name="mockflow")


def plotted(*arguments: str | Path) -> ET.Element:
    done = invoke(*arguments, "-o", "-")
    assert done.exit_code == 0, done.output
    return ET.fromstring(done.stdout)


def texts(svg: ET.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def test_the_documentations_example(tmp_path: Path) -> None:
    file = tmp_path / "timeline.svg"
    done = invoke(DOCS, "-o", file)
    assert (done.exit_code, done.output) == (0, "")
    svg = ET.fromstring(file.read_text("utf-8"))
    assert {"docs-example", "NOT_STARTED", "PROVISIONING", "COMPLETED", "0s", "2s", "6s"} <= set(texts(svg))
    assert {"create_connector_1", "connector_id NdjCQYwBLmvn802B0IwE"} <= set(texts(svg))
    bands = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("height") == "30"]
    assert [rect.get("class") for rect in bands] == ["NOT_STARTED", "PROVISIONING", "COMPLETED"]
    begins = [float(rect.get("x", 0)) for rect in bands]
    assert begins == sorted(begins)


def test_it_tells_those_who_do_not_see_it() -> None:
    svg = plotted(DOCS)
    assert svg.get("role") == "img"
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Timeline of docs-example"
    assert "provision: 0s NOT_STARTED, 2s PROVISIONING with create_connector_1, 6s COMPLETED" in (
        description.text or ""
    )


def test_it_needs_nothing_and_runs_nothing() -> None:
    done = invoke(SCENARIOS, "-o", "-")
    assert done.exit_code == 0
    for word in ("<script", "href", "@import", "@font-face", "url(http", "onload", "<image", "<foreignObject"):
        assert word not in done.stdout
    assert re.findall("https?://[^\"' ]+", done.stdout.split("<desc")[0]) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme: dark" in done.stdout


@pytest.mark.parametrize("scenario", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_lies_outside(scenario: Path) -> None:
    svg = plotted(scenario)
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    for element in svg.iter():
        x, y = float(element.get("x") or element.get("cx") or 0), float(element.get("y") or element.get("cy") or 0)
        assert 0 <= x <= width
        assert 0 <= y <= height
        assert x + float(element.get("width") or 0) <= width or element is svg


def test_texts_are_texts(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        'scenario: "<script>alert(1)</script>"\nworkflow_id: "]]>&<"\nunrealistic: true\ndescription: "\\0 \\e ü 😀"\n'
        'provision: {timeline: [{at: 0s, state: "\\" onload=x", error: "</svg>"}]}\n',
        "utf-8",
    )
    svg = plotted(file)
    assert "<script>alert(1)</script>" in texts(svg)
    assert r"\x00 \x1b ü 😀" in texts(svg)
    assert not list(svg.iter(f"{SVG}script"))
    assert [rect.get("class") for rect in svg.iter(f"{SVG}rect") if rect.get("height") == "30"] == ["other"]


def test_faults_are_hatched(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        "scenario: s\nworkflow_id: w\nprovision: {timeline: [{at: 0s, state: PROVISIONING}]}\noutages: [{at: 1s}]\n"
    )
    svg = plotted(file)
    assert len([rect for rect in svg.iter(f"{SVG}rect") if rect.get("class") == "hatch"]) == 4
    assert "≈ 1s to 3s: outage: port_closed" in texts(svg)
    assert svg.find(f".//{SVG}pattern[@id='hatch']") is not None


def test_the_picture_of_the_readme_is_what_the_command_draws() -> None:
    done = invoke(SCENARIOS / "retry-succeeds-after-deprovision.yaml", "-o", "-")
    assert (ROOT / "docs" / "timeline.svg").read_text("utf-8") == done.stdout


@pytest.mark.parametrize("content", ["scenario: [\n", "scenario: s\nworkflow: w\n", ""])
def test_nothing_is_written_where_a_file_is_wrong(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.yaml").write_text(content)
    done = invoke(tmp_path, DOCS, "-o", tmp_path / "out.svg")
    assert done.exit_code == 1
    assert f"{tmp_path / 'bad.yaml'}" in done.output
    assert not (tmp_path / "out.svg").exists()


def test_no_scenario_at_all(tmp_path: Path) -> None:
    done = invoke(tmp_path, "-o", tmp_path / "out.svg")
    assert done.exit_code == 1
    assert "no scenario in this folder" in done.output


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    for output in (tmp_path, tmp_path / "missing" / "out.svg"):
        done = invoke(DOCS, "-o", output)
        assert done.exit_code == 1
        assert f"Error: {output} cannot be written: " in done.output


@pytest.mark.parametrize("name", ["out.png", "out.JPG", "out.pdf"])
def test_it_writes_no_svg_into_what_is_named_another_picture(tmp_path: Path, name: str) -> None:
    done = invoke(DOCS, "-o", tmp_path / name)
    assert done.exit_code == 2
    assert "the picture is an SVG; name it .svg" in done.output
    assert not (tmp_path / name).exists()


def test_it_needs_files_and_an_output() -> None:
    assert invoke("-o", "x.svg").exit_code == 2
    assert invoke(DOCS).exit_code == 2
    assert "mockflow plot scenarios/docs-example.yaml -o timeline.svg" in invoke("--help").output
