"""The pages of facts: their headings, and that what cites them cites a heading that exists."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
NAMES: Final = ("documents.md", "fidelity.md", "opensearch.md", "plugin.md")
PAGES: Final = {name: (ROOT / "docs" / "reference" / name).read_text("utf-8") for name in NAMES}
FILES: Final = [file for folder in ("mockflow", "tests") for file in (ROOT / folder).rglob("*.py")]


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", PAGES[page], re.MULTILINE)


def citations(text: str) -> set[tuple[str, str]]:
    """Page and heading of each citation, such as ``(docs/reference/plugin.md, "Search", "Settings")``."""
    joined = re.sub(r"\s*\n\s*(?:# ?)?", " ", text)
    return {
        (page, heading)
        for page, quoted in re.findall(r'docs/reference/(\w+\.md)((?:,? (?:and )?"[^"]*")+)', joined)
        for heading in re.findall(r'"([^"]*)"', quoted)
    }


def test_each_heading_stands_once() -> None:
    for page in PAGES:
        assert len(headings(page)) == len(set(headings(page)))


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_refer_to_headings_that_exist(page: str) -> None:
    text = re.sub(r"\s*\n\s*", " ", PAGES[page])
    found = re.findall(r'(?<!/)\b(plugin|opensearch)\.md[,(]? ?\(?("[^"]*"(?:, "[^"]*")*)', text)
    assert found
    for other, quoted in found:
        assert set(re.findall(r'"([^"]*)"', quoted)) <= set(headings(f"{other}.md"))


def test_what_the_code_cites_is_a_heading() -> None:
    cited = {(page, heading) for file in FILES for page, heading in citations(file.read_text("utf-8"))}
    assert {(page, heading) for page, heading in cited if heading not in headings(page)} == set()
