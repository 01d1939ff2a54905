"""Scenarios in the page: loaded, edited, saved and dropped, with their problems while one types."""

from pathlib import Path
from typing import Any, Final

import pytest

from mockflow.cli.editing import EditedFiles
from mockflow.cli.reload import ScenarioFiles
from mockflow.cluster import Cluster, Settings
from mockflow.loading import replacing
from tests.page.conftest import Open
from tests.page.test_page import row
from tests.support.server import OWNER, STORY, Server, Servers

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed (the extra browser)")
expect: Final[Any] = playwright.expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWO: Final = "# first\nscenario: a\nworkflow_id: a\n---\nscenario: b # second\nworkflow_id: b\n"
WRONG: Final = "scenario: mine\nworkflow_id: m\nprovison: {}\n"


async def serving(serve: Servers, folder: Path, *, writes: bool) -> tuple[Server, Path]:
    file = folder / "two.yaml"
    file.write_text(TWO)
    files = ScenarioFiles([str(folder)])
    cluster = Cluster(Settings(mode="frozen"), files.loaded)
    cluster.texts = EditedFiles(cluster, files, writes=writes)
    return await serve.of(cluster), file


async def test_a_scenario_is_written_with_its_problems_loaded_and_dropped(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY)
    page = await open_page(server, is_refused=True)
    await page.get_by_role("button", name="Load scenario").click()
    text = page.get_by_label("The scenario in YAML")
    await expect(text).to_be_focused()
    await text.fill(WRONG)
    await expect(page.locator("#editor .verdict")).to_have_text("✕ 1 error")
    problem = page.locator("#editor .problem")
    for told in ("text:3:1", "provison", "did you mean provision?"):
        await expect(problem).to_contain_text(told)
    load = page.get_by_role("button", name="Load", exact=True)
    await expect(load).to_be_disabled()
    await page.get_by_role("button", name="text:3:1").click()
    assert await text.evaluate("area => area.value.slice(area.selectionStart).split(':')[0]") == "provison"
    await text.fill(WRONG.replace("provison: {}\n", "description: <b>mine</b>\n"))
    await expect(page.locator("#editor .verdict")).to_have_text("✓ no problems")
    await load.click()
    await expect(row(page, "m")).to_have_attribute("aria-selected", "true")
    await expect(page.locator(".about")).to_have_text("<b>mine</b>")
    # Edited: under another name it is another scenario in its place.
    await page.locator("#edit").click()
    await text.fill("scenario: renamed\nworkflow_id: m\n")
    await page.get_by_role("button", name="Replace in the running cluster").click()
    await expect(page.locator("#notice")).to_have_text("Loaded: renamed")
    await expect(page.locator("#inspector h2")).to_have_text("renamed")
    # A conflict that only the cluster knows is told too, and the text stays.
    await page.locator("#edit").click()
    await text.fill("scenario: renamed\nworkflow_id: w\n")
    await expect(page.locator("#editor .verdict")).to_have_text("✓ no problems")
    complaint = page.get_by_role("button", name="Replace in the running cluster")
    async with page.expect_response(lambda answer: answer.status == 409):
        await complaint.click()
    await expect(page.locator("#editor .verdict")).to_contain_text('belongs to scenario "story"')
    await page.keyboard.press("Escape")
    await expect(page.locator("#editor .verdict")).to_contain_text("Close once more")
    await page.keyboard.press("Escape")
    await expect(page.locator("#editor")).to_be_hidden()
    await page.get_by_role("tab", name="Scenarios").click()
    await page.get_by_role("button", name="Drop renamed").click()
    await page.get_by_role("button", name="Really drop renamed").press("Enter")
    await expect(row(page, "m")).to_have_count(0)
    assert [one["scenario"] for one in (await server.ask(f"{OWNER}/scenarios")).json["scenarios"]] == ["story"]


@pytest.mark.skipif(not replacing.IS_POSSIBLE, reason="this system cannot open relative to a folder")
async def test_the_file_is_written_only_where_it_may_be(serve: Servers, open_page: Open, tmp_path: Path) -> None:
    server, file = await serving(serve, tmp_path, writes=True)
    page = await open_page(server, "#workflow=b", is_refused=True)
    await page.locator("#edit").click()
    text, save = page.get_by_label("The scenario in YAML"), page.get_by_role("button", name="Save to two.yaml")
    await expect(text).to_have_value("scenario: b # second\nworkflow_id: b\n")
    await expect(page.locator(".gutter span").first).to_have_text("5")  # as in the file
    await text.fill("scenario: b # second\nworkflow_id: b\ndescription: changed\n")
    await save.click()
    await expect(page.locator(".about")).to_have_text("changed")
    assert file.read_text() == TWO + "description: changed\n"
    # Somebody else saves it while it is open here.
    await page.locator("#edit").click()
    await expect(text).to_have_value("scenario: b # second\nworkflow_id: b\ndescription: changed\n")
    file.write_text(TWO)
    async with page.expect_response(lambda answer: answer.status == 409):
        await save.click()
    await expect(page.locator("#editor .verdict")).to_contain_text("has changed on disk")
    assert file.read_text() == TWO
    await page.keyboard.press("Escape")


async def test_without_edit_nothing_is_written(serve: Servers, open_page: Open, tmp_path: Path) -> None:
    server, file = await serving(serve, tmp_path, writes=False)
    page = await open_page(server, "#workflow=a")
    await page.locator("#edit").click()
    await expect(page.locator("#editor > p").first).to_contain_text("serve with --edit to permit it")
    await expect(page.get_by_role("button", name="Save to two.yaml")).to_be_disabled()
    upload = {"name": "mine.yaml", "mimeType": "text/yaml", "buffer": b"scenario: a\nworkflow_id: a\ndescription: up\n"}
    await page.get_by_label("Take the text of a file").set_input_files(upload)
    await page.get_by_role("button", name="Replace in the running cluster").click()
    await expect(page.locator(".about")).to_have_text("up")
    assert file.read_text() == TWO
