"""What people come to the page for: faults and stubs, links, commands and files, one time axis, order and filters."""

import json
import shlex
from typing import Any, Final

import pytest
from playwright.async_api import Page

from tests.page.conftest import Open
from tests.page.test_page import row, shows, status_at
from tests.support.server import OWNER, STORY, WORKFLOW, Server, Servers
from tests.support.things import THINGS

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed (the extra browser)")
expect: Final[Any] = playwright.expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATER: Final = STORY.replace("story", "later").replace("workflow_id: w", "workflow_id: l")
THIRD: Final = """
scenario: third
workflow_id: w
provision:
  timeline:
    - {at: 0s, state: PROVISIONING, resources_created: [{workflow_step_name: create_connector, workflow_step_id: c}]}
    - {at: 9s, state: COMPLETED}
faults:
  - {on: get_status, call: 3, respond: too_many_requests}
  - {on: get_status, every: 4, name: fourth, delay: 1ms}
"""
NASTY: Final = "it's <b>$HOME</b> `id` \\ é"
"""What a shell would change, if it were not quoted."""


async def answer_of(server: Server, query: str) -> str:
    return json.dumps((await server.status(query=query)).json, indent=2, ensure_ascii=False)


# -- faults, stubs and the exact status ----------------------------------------------------------------


async def test_faults_by_call_say_when_they_act(serve: Servers, open_page: Open) -> None:
    server = await serve(THIRD)
    page = await open_page(server)
    due = page.locator(".next-faults li")
    await expect(due).to_have_count(2)
    await expect(due.first).to_contain_text("next: call 3 of get_status")
    for _ in range(3):
        await server.status()
    await expect(due.first).to_contain_text("over: all of its calls were made")
    await expect(due.nth(1)).to_contain_text("next: call 4 of get_status")
    label = "3 requests: 2 2xx, 1 4xx; a fault acted on 1"
    for track in (".inspector .ticks", ".row .ticks"):
        await expect(page.locator(track)).to_have_attribute("aria-label", label)
    marked = await page.locator(".inspector .ticks").evaluate(
        """canvas => {
          const pixels = canvas.getContext("2d").getImageData(0, canvas.height - 1, canvas.width, 1).data;
          return [...pixels].filter((value, index) => index % 4 === 3 && value > 200).length;
        }"""
    )
    assert 4 <= marked <= 12  # one mark below the tick, not three


async def test_the_status_is_plain_or_whole(serve: Servers, open_page: Open) -> None:
    """As a client gets it, to the field."""
    server = await serve(THIRD)
    await server.status()
    page = await open_page(server)
    await shows(page, await answer_of(server, "?all=true"))
    await page.get_by_role("button", name="plain").click()
    await server.status()  # the third call meets the fault
    await shows(page, await answer_of(server, ""))
    await expect(page.get_by_role("button", name="plain")).to_have_attribute("aria-pressed", "true")
    await page.locator("#list").focus()
    await page.keyboard.press("a")
    await shows(page, await status_at(server, 0))


async def test_faults_and_stubs_are_added_and_removed(server: Server, open_page: Open) -> None:
    page = await open_page(server, is_refused=True)
    await page.locator("#list").focus()
    await page.keyboard.press("5")
    forms = page.get_by_role("form", name="Add a fault"), page.get_by_role("form", name="Add a stub")
    faults, stubs = page.locator("#fault-list .entry"), page.locator("#stub-list .entry")
    await expect(page.locator("#operations option")).not_to_have_count(0)
    await forms[0].get_by_label("For").select_option("one")
    await forms[0].get_by_label("When").select_option("call")
    await forms[0].get_by_label("Its value").first.fill("2")
    await forms[0].get_by_label("Preset", exact=True).select_option("unauthorized")
    await forms[0].get_by_role("button", name="Add fault").click()
    await expect(faults).to_have_count(1)
    await expect(faults).to_contain_text(
        "added here, for workflow w · acted on 0 of 0 calls · next: call 2 of get_status"
    )
    assert [(await server.status()).status for _ in range(3)] == [200, 401, 200]
    await expect(faults).to_contain_text("acted on 1 of 3 calls · over")
    await expect(page.locator(".next-faults")).to_contain_text("over")
    await forms[0].get_by_label("On", exact=True).fill("get_stauts")
    async with page.expect_response(lambda answer: answer.status == 400):
        await forms[0].get_by_role("button", name="Add fault").click()
    await expect(forms[0].get_by_role("alert")).to_contain_text("did you mean get_status?")
    await page.get_by_role("button", name="Remove get_status call 2").click()
    await expect(faults).to_have_count(0)
    await forms[1].get_by_label("Request").fill("GET /hello/{name}")
    await forms[1].get_by_label("Body").fill('{"hello": "{{path.name}}"}')
    await forms[1].get_by_role("button", name="Add stub").click()
    await expect(stubs).to_contain_text("GET /hello/{name}")
    assert (await server.ask("/hello/you")).json == {"hello": "you"}
    await expect(stubs).to_contain_text("answered 1")
    await stubs.get_by_role("button").click()
    await expect(stubs).to_have_count(0)
    assert (await server.ask("/hello/you")).status == 400


async def test_what_has_not_begun_looks_so(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, LATER)
    await server.status()
    page = await open_page(server, "#workflow=l")
    await expect(row(page, "l").locator(".track")).to_have_class("track idle")
    await expect(row(page, "w").locator(".track")).to_have_class("track")
    await expect(row(page, "l").locator(".playhead")).to_be_hidden()
    await expect(row(page, "w").locator(".playhead")).to_be_visible()
    await expect(page.locator("#unbegun")).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text("not begun: begins with the first poll of a client")
    band = page.locator(".row .idle .band").nth(1)
    assert await band.evaluate("band => getComputedStyle(band).backgroundColor") == "rgba(0, 0, 0, 0)"
    await page.locator("#restart").click()
    await expect(page.locator("#unbegun")).to_be_hidden()
    await expect(page.locator(".facts")).to_contain_text("run by poll")
    legend = page.locator(".legend")
    for word in ("a fault acted", "a fault may act", "now", "shown moment", "not begun", "run by poll", "new in"):
        await expect(legend).to_contain_text(word)


# -- requests as commands and files --------------------------------------------------------------------


async def test_a_request_is_copied_as_curl(server: Server, browser: Any) -> None:
    """Its words, as a shell reads them, are the request."""
    headers = {"Content-Type": "application/json", "X-Note": NASTY, "Authorization": "Basic YWRtaW46YWRtaW4="}
    await server.ask(f"{WORKFLOW}?validation=none&q=[1]", "POST", json.dumps({"name": NASTY}), headers)
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    try:
        page: Page = await context.new_page()
        await page.goto(f"{server.url}/_mockflow/#request=1")
        await page.get_by_role("button", name="Copy as curl").click()
        await expect(page.locator("#exchange [role=status]")).to_have_text("copied")
        words = shlex.split(await page.evaluate("navigator.clipboard.readText()"))
        target = f"http://mockflow{WORKFLOW}?validation=none&q=[1]"
        assert words[:3] == ["curl", "--globoff", target]
        sent = [words[place + 1] for place, word in enumerate(words) if word == "-H"]
        assert sent == ["Content-Type: application/json", f"X-Note: {NASTY}", "Authorization: (hidden)"]
        assert json.loads(words[words.index("--data-raw") + 1]) == {"name": NASTY}
        await expect(page.locator("#exchange .curl")).to_contain_text("Secrets are hidden")
        await page.get_by_role("button", name="Copy link").click()
        link = await page.evaluate("navigator.clipboard.readText()")
        assert link.endswith("#workflow=w&request=1")
    finally:
        await context.close()


async def test_the_page_of_a_world_shows_that_world(server: Server, browser: Any) -> None:
    await server.ask("/_mockflow/worlds", "POST", '{"name": "a"}')
    await server.ask("/")
    await server.ask("/_world/a/_cat/count")
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    try:
        page: Page = await context.new_page()
        await page.goto(f"{server.url}/_world/a/_mockflow/#request=1")
        await page.get_by_role("button", name="Copy as curl").click()
        await expect(page.locator("#exchange [role=status]")).to_have_text("copied")
        assert await page.evaluate("navigator.clipboard.readText()") == "curl http://mockflow/_world/a/_cat/count"
    finally:
        await context.close()


async def test_the_journal_is_saved(server: Server, open_page: Open) -> None:
    await server.status()
    page = await open_page(server)
    for kind, path in (("HAR", "journal.har"), ("JSON", "journal")):
        async with page.expect_download() as saved:
            await page.get_by_role("button", name=kind, exact=True).click()
        download = await saved.value
        assert download.suggested_filename == f"mockflow-journal.{kind.lower()}"
        content = json.loads((await download.path()).read_text())
        assert content == (await server.ask(f"{OWNER}/{path}")).json


# -- links ---------------------------------------------------------------------------------------------


async def test_a_link_leads_to_workflow_time_and_request(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, LATER)
    await server.status("l")
    page = await open_page(server, "#workflow=l&at=2500&request=1")
    await expect(page.locator("#exchange")).to_contain_text("/l/_status")
    await page.keyboard.press("Escape")
    await expect(row(page, "l")).to_have_attribute("aria-selected", "true")
    await expect(page.locator("#at")).to_have_value("2500")
    await shows(page, await status_at(server, 2500, "l"))
    await expect(page).to_have_url(f"{server.url}/_mockflow/#workflow=l&at=2500")  # the details are closed
    await row(page, "w").locator(".who").click()
    await expect(page).to_have_url(f"{server.url}/_mockflow/#workflow=w")
    await page.evaluate("location.hash = '#workflow=l&at=6000'")
    await expect(page.locator("#at")).to_have_value("6000")
    await page.evaluate("location.hash = '#workflow=%3Cb%3E&at=x'")
    await expect(page.locator("#notice")).to_contain_text('No workflow "<b>" is here')
    await expect(row(page, "l")).to_have_attribute("aria-selected", "true")
    await server.ask(f"{OWNER}/scenarios", "PUT", 'scenario: late\nworkflow_id: "<b>"')
    await expect(page.locator("#inspector h2")).to_have_text("late")


# -- one time axis, zoom -------------------------------------------------------------------------------


async def left_of(page: Any, workflow_id: str, what: str) -> float:
    box = await row(page, workflow_id).locator(what).bounding_box()
    return float(box["x"])


async def test_one_time_axis_for_all(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, LATER, THIRD.replace("workflow_id: w", "workflow_id: t"))
    await server.status("w")
    await server.advance("4s")
    await server.status("l")
    page = await open_page(server)
    apart = [await left_of(page, name, ".playhead") for name in ("w", "l")]
    assert abs(apart[0] - apart[1]) > 20
    await page.get_by_role("button", name="Shared time axis").click()
    await expect(page.locator("#axis-ruler")).to_be_visible()
    now = [await left_of(page, name, ".playhead") for name in ("w", "l")]
    assert abs(now[0] - now[1]) < 1  # now is at one place
    assert await left_of(page, "l", ".band >> nth=0") > await left_of(page, "w", ".band >> nth=1")
    await expect(row(page, "t").locator(".nowhere")).to_be_visible()
    window = page.locator(".marks-of-axis")

    began = server.cluster.world.began
    await expect(window).to_have_attribute("data-from", str(began))
    await expect(window).to_have_attribute("data-to", str(began + 12_000))  # later ends at 10 s
    await page.get_by_role("button", name="Zoom in", exact=True).click()
    await expect(window).to_have_attribute("data-to", str(began + 8_000))  # about the playhead, at 4 s
    await expect(window).to_have_attribute("data-from", str(began + 2_000))
    box = await row(page, "w").locator(".track").bounding_box()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    await page.keyboard.down("Control")
    await page.mouse.wheel(0, 100)
    await page.keyboard.up("Control")
    await expect(window).not_to_have_attribute("data-to", str(began + 8_000))
    await page.get_by_role("button", name="Fit").click()
    await expect(window).to_have_attribute("data-to", str(began + 12_000))
    # A click on the axis shows what is then.
    await page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 10)
    await expect(page.locator("#at")).not_to_have_value("4000")
    assert abs(int(await page.locator("#at").input_value()) - 9_000) < 60
    await page.locator("#list").focus()
    await page.keyboard.press("t")
    await expect(page.locator("#axis-ruler")).to_be_hidden()


async def test_the_timeline_of_the_selected_workflow_zooms(server: Server, open_page: Open) -> None:
    await server.status()
    page = await open_page(server)
    track = page.locator(".inspector .track")
    before = (await track.bounding_box())["width"]
    await page.locator("#at").fill("5990")
    await page.get_by_role("button", name="Zoom the timeline in").click()
    await page.locator("#list").focus()
    await page.keyboard.press("+")
    await expect(page.locator(".zoom-factor")).to_have_text("4\u00d7")
    assert (await track.bounding_box())["width"] == pytest.approx(4 * before, rel=0.01)
    head = page.locator(".inspector .scrubhead")
    await expect(head).to_be_in_viewport()
    await page.keyboard.press("Home")
    await expect(head).to_be_in_viewport()
    await page.keyboard.press("0")
    await expect(page.locator(".zoom-factor")).to_have_text("")


# -- resources ---------------------------------------------------------------------------------------


async def test_the_resources_of_the_selected_workflow(serve: Servers, open_page: Open) -> None:
    server = await serve(THINGS, STORY)
    await server.status("t")
    page = await open_page(server, "#workflow=t")
    await expect(page.locator("#inspector h2")).to_have_text("things")
    table = page.get_by_role("region", name="Resources now")
    await expect(table).to_be_hidden()
    await server.advance("1s")
    rows = table.locator("tbody tr")
    await expect(rows).to_have_text(["indexbooks0 documents", "modelchat modelm1REGISTERED"])
    await server.ask("/books/_doc", "POST", '{"a":1}', {"Content-Type": "application/json"})
    await server.advance("1s")
    await expect(rows).to_have_text(["indexbooks1 document", "modelchat modelm1DEPLOYED", "agentlibrariana1"])
    await row(page, "w").locator(".who").click()
    await expect(table).to_be_hidden()  # it has made nothing yet
    await row(page, "t").locator(".who").click()
    await expect(rows).to_have_count(3)
    others = page.get_by_role("region", name="Resources of no workflow")
    await expect(others).to_be_hidden()
    await server.ask("/logs/_doc", "POST", '{"a":1}', {"Content-Type": "application/json"})
    await expect(others.locator("tbody tr")).to_have_text(["indexlogs1 document"])
    await expect(rows).to_have_count(3)


# -- order, filter, phone ------------------------------------------------------------------------------


async def test_order_and_filter_keep_the_selection_in_sight(serve: Servers, open_page: Open) -> None:
    many = "---\n".join(f"scenario: idle-{number:02}\nworkflow_id: i{number}\n" for number in range(40))
    server = await serve(f"{many}---\n{STORY}")
    for name in ("i7", "i30", "i30", "w"):
        await server.status(name)
    page = await open_page(server, "#workflow=i30", viewport={"width": 1280, "height": 800})
    selected, order = row(page, "i30"), page.get_by_label("Sort")
    await expect(selected).to_be_in_viewport()
    for by, place in (("most", "1"), ("latest", "2"), ("name", "31"), ("loaded", "31")):
        await order.select_option(by)
        await expect(selected).to_have_attribute("aria-posinset", place)
        await expect(selected).to_be_in_viewport()
    await order.select_option("latest")
    await server.status("i7")
    await expect(page.locator("#workflow-0")).to_have_attribute("data-id", "i7")
    await order.select_option("loaded")
    await page.locator("#filter").fill("story")
    await expect(page.locator("#pinned")).to_have_text("idle-30 is selected, and hidden by the filter. Show all")
    await expect(page.locator("#inspector h2")).to_have_text("idle-30")
    await page.locator("#pinned").press("Enter")
    await expect(page.locator("#pinned")).to_be_hidden()
    await expect(row(page, "i30")).to_be_in_viewport()


async def test_a_tap_on_a_phone_brings_the_details_into_view(serve: Servers, open_page: Open) -> None:
    idle = [f"scenario: idle-{number}\nworkflow_id: i{number}\n" for number in range(20)]
    server = await serve(STORY, LATER, *idle)
    page = await open_page(
        server, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    title = page.locator("#inspector h2")
    await expect(title).not_to_be_in_viewport()
    await row(page, "l").locator(".who").tap()
    await expect(title).to_have_text("later")
    await expect(title).to_be_in_viewport()
    await page.get_by_role("button", name="↑ Workflows").tap()
    await expect(row(page, "l")).to_be_in_viewport()
    await row(page, "w").locator(".track").tap()
    await expect(title).to_have_text("story")
    await expect(title).to_be_in_viewport()
