"""Links of the pages lead somewhere, and lists on them are complete."""

import posixpath
import re
from typing import Final

import pytest

from tests.docs.pages import PAGES, Page, page
from tests.support.paths import ROOT

LINKING: Final = (*PAGES, page(ROOT / "CONTRIBUTING.md"), page(ROOT / "examples" / "README.md"))
ANCHORS: Final = {each.name: each.anchors for each in LINKING}
README_LINES: Final = 150


@pytest.mark.parametrize("page", LINKING, ids=lambda each: each.name)
def test_links_lead_somewhere(page: Page) -> None:
    assert [reason for target in page.links if (reason := broken(page, target))] == []


def broken(page: Page, target: str) -> str:
    """Why a link of this page leads nowhere."""
    path, _, anchor = target.partition("#")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path)) if path else page.name
    if not (ROOT / name).exists():
        return f"{target}: no file"
    return f"{target}: no such heading" if anchor and anchor not in ANCHORS[name] else ""


def test_a_broken_link_is_found() -> None:
    page = Page("docs/x.md", "[a](y.md) [b](index.md#nowhere) [c](index.md#start) [d](https://x.org) `[e](f)`\n")
    assert [bool(broken(page, target)) for target in page.links] == [True, True, False]


def test_the_anchors_of_headings() -> None:
    headings = "# Requests, and `GET /_x`\n```sh\n# no heading\n```\n## It's\n"
    assert Page("x.md", headings).anchors == {"requests-and-get-_x", "its"}


def test_every_page_is_linked_from_the_first_one() -> None:
    [index] = [each for each in PAGES if each.name == "docs/index.md"]
    linked = {posixpath.join("docs", target.partition("#")[0]) for target in index.links}
    assert {each.name for each in PAGES} - {"README.md", "docs/index.md"} <= linked


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    named = [f"docs/{name}" for name in re.findall(r"[\w/-]+\.md", navigation)]
    assert sorted(named) == sorted(each.name for each in PAGES if each.name != "README.md")


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").read_text("utf-8").count("\n") <= README_LINES
