"""The page for everybody: axe-core finds nothing serious, all can be done with the keyboard, and nothing is cut off."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.page.conftest import Open
from tests.page.test_page import FAULTY, HICCUP, row
from tests.support.paths import ROOT
from tests.support.server import OWNER, STORY, Servers

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed (the extra browser)")
expect: Final[Any] = playwright.expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE: Final = ROOT / ".venv" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
FOUND: Final = """async (rules) => {
  const { passes, violations } = await axe.run({ runOnly: rules });
  const serious = violations.filter((one) => ["serious", "critical"].includes(one.impact));
  return [passes.length, serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`)];
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    if not Path(AXE).is_file():
        pytest.skip("axe-core is not installed (make .venv/.installed-browser, with npm)")
    return Path(AXE).read_text("utf-8")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark"), (1920, "light")])
async def test_axe_finds_nothing_serious(serve: Servers, open_page: Open, axe: str, width: int, scheme: str) -> None:
    server = await serve(STORY, HICCUP, FAULTY)
    await server.status("w")
    await server.status("nope")
    page = await open_page(
        server,
        "#workflow=h&at=700",
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    await page.evaluate(axe)
    await expect(page.locator("#status")).to_contain_text("PROVISIONING")

    async def looks_well() -> None:
        passed, serious = await page.evaluate(FOUND, RULES)
        assert serious == []
        assert passed > 20  # it has looked
        assert await page.evaluate("document.documentElement.scrollWidth") <= width

    await looks_well()
    await page.get_by_role("button", name="Shared time axis").click()
    await page.get_by_role("tab", name="Faults and stubs").click()
    await expect(page.locator("#fault-list .entry")).to_have_count(3)
    await page.locator("#filter").fill("story")
    await expect(page.locator("#pinned")).to_be_visible()
    await looks_well()
    await page.get_by_role("tab", name="Scenarios").click()
    await page.get_by_role("button", name="Drop faulty").click()
    await looks_well()
    await page.get_by_role("button", name="Edit story").click()
    await page.get_by_label("The scenario in YAML").fill("scenario: story\nworkflow_id: w\nprovison: {}\n")
    await expect(page.locator("#editor .problem")).to_be_visible()
    await looks_well()


async def test_everything_new_can_be_done_with_the_keyboard_alone(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, HICCUP)
    page = await open_page(server, "#workflow=w")
    reached: list[str] = []

    async def tab_to(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate("document.activeElement.id"))
            if reached[-1] == name:
                return
        raise AssertionError(f"Tab does not reach #{name}, but {reached}")

    await tab_to("new-scenario")
    assert {"order", "axis"} <= set(reached)
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text("scenario: typed\nworkflow_id: typed\n")
    await expect(page.locator("#editor .verdict")).to_have_text("✓ no problems")
    await page.keyboard.press("Tab")  # no trap: Tab leaves the text
    if await page.evaluate("document.activeElement.id") == "editor-problems":
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(row(page, "typed")).to_have_attribute("aria-selected", "true")
    await tab_to("axis")
    await page.keyboard.press("Space")
    await expect(page.locator("#axis")).to_have_attribute("aria-pressed", "true")
    await tab_to("zoom-in")
    await tab_to("edit")
    await tab_to("wide")
    await page.keyboard.press("Enter")
    await expect(page.locator(".zoom-factor")).to_contain_text("2")
    await tab_to("all")
    await tab_to("tab-journal")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#tab-effects")).to_be_focused()
    await expect(page.locator("#operations option")).not_to_have_count(0)
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "Add fault":
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("#fault-list .entry")).to_contain_text("get_status: too_many_requests")
    assert len((await server.ask(f"{OWNER}/faults")).json) == 1
