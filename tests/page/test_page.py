"""The page in a browser: what one sees is what the API says, at any time."""

import asyncio
import itertools
import json
from typing import Any, Final
from urllib.parse import quote

import pytest

from mockflow.cluster import moving
from mockflow.server.serving import Control, Serving
from tests.page.conftest import Open
from tests.support.server import OWNER, STORY, WORKFLOW, Server, Servers, cluster_of

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed (the extra browser)")
expect: Final[Any] = playwright.expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

HICCUP: Final = """
scenario: hiccup
workflow_id: h
unrealistic: true
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - {at: 1500ms, state: FAILED, error: it is not there}
    - {at_poll: 3, state: PROVISIONING, error: null}
    - {at: 2s, state: COMPLETED}
"""
FAULTY: Final = """
scenario: faulty
workflow_id: f
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - {at: 5s, state: COMPLETED}
faults:
  - {on: get_status, during: 1s..2s, respond: too_many_requests}
  - {on: get_status, during: 2s..3s, respond: {status: 503, body: {error: not now}}}
  - {on: get_status, during: 3s..4s, connection: reset}
stubs:
  - request: GET /_plugins/_ml/models/{model_id}
    respond: {status: 200, body: {model_state: DEPLOYED}}
"""
HALF: Final = """
scenario: half
workflow_id: half
faults:
  - {on: get_status, call: 1, connection: truncate}
  - {on: get_status, call: 2, connection: drip, over: 1ms}
"""
PROVISIONED: Final = """
scenario: provisioned
workflow_id: p
starts: provision
"""
SIDES: Final = (("x", "width"), ("y", "height"))
TEN_MOMENTS: Final = (0, 1, 1999, 2000, 2001, 3999, 4000, 5999, 6000, 3_600_000)
EVIL: Final = "<img src=x onerror=alert(1)>"


async def status_at(server: Server, at: int, workflow_id: str = "w") -> str:
    """The API's answer as the page shows it."""
    answer = await server.ask(f"{OWNER}/workflows/{quote(workflow_id, safe='')}/status?at={at}ms")
    return json.dumps(answer.json, indent=2, ensure_ascii=False)


async def clock_of(server: Server) -> Any:
    return (await server.ask(f"{OWNER}/clock")).json


def row(page: Any, workflow_id: str) -> Any:
    return page.locator(f'.row[data-id="{workflow_id}"]:visible')


async def shows(page: Any, text: str) -> None:
    await expect(page.locator("#status")).to_have_text(text)


# -- timelines and time travel -------------------------------------------------------------------------


async def test_the_timeline_matches_the_api_at_ten_moments(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    detail = (await server.ask(f"{OWNER}/workflows/w")).json
    bands = page.locator(".inspector .band")
    await expect(bands).to_have_count(3)
    seen = [
        (await band.get_attribute("data-state"), await band.get_attribute("data-since")) for band in await bands.all()
    ]
    assert seen == [(moment["status"]["state"], str(moment["at_ms"])) for moment in detail["timeline"]]
    for at in TEN_MOMENTS:
        await page.locator("#at").fill(str(at))
        await shows(page, await status_at(server, at))
        state = json.loads(await status_at(server, at))["state"]
        await expect(page.locator(".moment .state")).to_contain_text(state)


async def test_scrubbing_shows_the_past_and_what_is_to_come(server: Server, open_page: Open) -> None:
    await server.status()
    await server.advance("3s")
    page = await open_page(server)
    await shows(page, await status_at(server, 3000))
    box = await page.locator(".inspector .track").bounding_box()
    y = box["y"] + 30
    await page.mouse.move(box["x"] + box["width"] * 0.4, y)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.1, y, steps=3)
    await expect(page.locator(".tense")).to_have_text("past")
    await shows(page, await status_at(server, 0))
    await page.mouse.move(box["x"] + box["width"] * 0.97, y, steps=3)
    await expect(page.locator(".tense")).to_have_text("to come")
    await shows(page, await status_at(server, 7000))
    await page.mouse.up()
    await page.keyboard.press("Escape")
    await expect(page.locator(".tense")).to_have_text("now")
    await shows(page, await status_at(server, 3000))
    assert (await clock_of(server))["elapsed_ms"] == 3000  # looking has moved nothing


async def test_the_keys_scrub(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    slider = page.get_by_role("slider")
    await slider.focus()
    for key, at in (
        ("Shift+ArrowRight", 2000),
        ("Shift+ArrowRight", 6000),
        ("Home", 0),
        ("End", 6000),
        ("PageDown", 2000),
    ):
        await page.keyboard.press(key)
        await expect(slider).to_have_attribute("aria-valuenow", str(at))
        await shows(page, await status_at(server, at))
    await page.keyboard.press("ArrowLeft")
    await expect(slider).to_have_attribute("aria-valuenow", "1940")
    await expect(slider).to_have_attribute("aria-valuetext", "+1.94s, NOT_STARTED, to come")


async def test_hovering_shows_the_exact_answer(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    box = await row(page, "w").locator(".track").bounding_box()
    await page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 12)
    await expect(page.locator("#tip")).to_contain_text("PROVISIONING")
    await expect(page.locator("#tip .json")).to_have_text(await status_at(server, 3000))
    await page.mouse.move(5, 5)
    await expect(page.locator("#tip")).to_be_hidden()


async def test_what_waits_for_a_poll_is_shown_beside_what_time_brings(serve: Servers, open_page: Open) -> None:
    server = await serve(HICCUP)
    await server.status("h")
    page = await open_page(server)
    await expect(page.locator(".inspector .band.waits")).to_have_count(2)
    await page.get_by_role("slider").focus()
    await page.keyboard.press("End")
    await expect(page.locator(".tense")).to_have_text("waits for a poll")
    await expect(page.locator("#status")).to_contain_text("COMPLETED")
    await page.keyboard.press("Escape")
    await server.advance("1500ms")
    await server.status("h")
    await server.status("h")
    await expect(page.locator(".inspector .band.waits")).to_have_count(0)
    await shows(page, await status_at(server, 1500, "h"))


# -- requests and faults -------------------------------------------------------------------------------


async def test_requests_are_ticks_and_lines_of_the_journal(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    await expect(page.locator("#journal")).to_have_attribute("data-empty", "No requests yet.")
    await server.status()
    await server.ask(f"{WORKFLOW}/w", "DELETE", "{")
    await server.ask(f"{WORKFLOW}/w/_status?nope")
    ticks = page.locator(".inspector .ticks")
    await expect(ticks).to_have_attribute("aria-label", "3 requests: 1 2xx, 2 4xx")
    await expect(page.locator(".exchange:visible")).to_have_count(3)


async def test_faults_show(serve: Servers, open_page: Open) -> None:
    """On the timeline as hatching, and in the journal as what a client was told."""
    server = await serve(FAULTY)
    page = await open_page(server)
    hatches = page.locator(".inspector .hatch")
    await expect(hatches).to_have_count(3)
    windows = (await server.ask(f"{OWNER}/workflows/f")).json["faults"]
    assert [await hatch.get_attribute("data-fault") for hatch in await hatches.all()] == [w["fault"] for w in windows]
    for _ in range(3):
        await server.status("f")
        await server.advance("1s")
    with pytest.raises(ConnectionResetError):  # the connection is reset
        await server.status("f")
    ticks = page.locator(".inspector .ticks")
    await expect(ticks).to_have_attribute("aria-label", "4 requests: 1 2xx, 1 4xx, 1 5xx, 1 broken; a fault acted on 3")
    line = page.locator(".exchange:visible")
    for answer, told in (("refused", "429"), ("error", "503"), ("broken", "none")):
        await page.locator("#answered").select_option(answer)
        await expect(line).to_have_count(1)
        await expect(line).to_contain_text(told)
        await expect(line).to_contain_text("fault get_status during")
    box = await row(page, "f").locator(".track").bounding_box()
    await page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 12)
    await expect(page.locator("#tip")).to_contain_text("too_many_requests")


async def test_half_an_answer_is_a_broken_one(serve: Servers, open_page: Open) -> None:
    """Its status line has arrived, and the client has got an error all the same."""
    server = await serve(HALF)
    page = await open_page(server)
    with pytest.raises(asyncio.IncompleteReadError):
        await server.status("half")
    await server.status("half")
    await server.status("half")
    ticks = page.locator(".inspector .ticks")
    await expect(ticks).to_have_attribute("aria-label", "3 requests: 2 2xx, 1 broken; a fault acted on 2")
    await page.locator("#answered").select_option("broken")
    await expect(page.locator(".exchange:visible .status")).to_have_text("✕ 200")


async def test_what_nearly_was_a_stub_shows(serve: Servers, open_page: Open) -> None:
    server = await serve(FAULTY)
    await server.ask("/_plugins/_ml/models/a/b")
    await server.ask("/_cluster/health")
    page = await open_page(server)
    await page.locator("#answered").select_option("unmatched")
    line = page.locator(".exchange:visible")
    await expect(line).to_have_count(1)
    await line.click()
    await expect(page.locator("#exchange")).to_contain_text("GET /_plugins/_ml/models/{model_id}")


async def test_the_journal_filters_and_opens(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, HICCUP)
    await server.status("w")
    await server.status("h")
    await server.status("nope")
    page = await open_page(server)
    lines = page.locator(".exchange:visible")
    await expect(lines).to_have_count(3)
    await page.locator("#find").fill("nope 404")
    await expect(lines).to_have_count(1)
    await lines.first.click()
    await expect(page.locator("#exchange")).to_contain_text("Fail to find workflow status of nope")
    await page.keyboard.press("Escape")
    await page.locator("#find").fill("")
    await page.locator("#mine").check()
    await expect(lines).to_have_count(1)
    await expect(lines).to_contain_text("/w/_status")
    await row(page, "h").locator(".who").click()
    await expect(lines).to_contain_text("/h/_status")
    await page.locator("#find").fill("nothing like that")
    await expect(lines).to_have_count(0)
    await expect(page.locator("#journal")).to_have_attribute("data-empty", "No request matches the filter.")


# -- what changes while one looks ----------------------------------------------------------------------


async def test_another_version_of_a_scenario_changes_the_picture(server: Server, open_page: Open) -> None:
    page = await open_page(server, is_refused=True)  # what it reads of a workflow may be gone by then
    bands = page.locator(".inspector .band")
    await expect(bands.nth(1)).to_have_attribute("data-since", "2000")
    await server.ask(f"{OWNER}/scenarios", "PUT", STORY.replace("at: 2s", "at: 3s").replace("COMPLETED", "FAILED"))
    await expect(bands.nth(1)).to_have_attribute("data-since", "3000")
    await expect(bands.nth(2)).to_have_attribute("data-state", "FAILED")
    await server.ask(f"{OWNER}/scenarios", "PUT", HICCUP)
    await expect(row(page, "h")).to_be_visible()
    await server.ask(f"{OWNER}/scenarios/story", "DELETE")
    await expect(row(page, "w")).to_have_count(0)
    await expect(page.locator("#count")).to_have_text("1")


async def test_problems_of_a_scenario_show_with_their_line(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    place = {"file": "x.yaml", "line": 14, "column": 7}
    said = {"severity": "error", "message": 'unknown state "X"', "hint": "one of NOT_STARTED, FAILED", "other": None}
    server.cluster.problems = ({**place, **said},)
    await expect(page.locator("#problem-count")).to_have_text("1")
    await page.get_by_role("tab", name="Problems").click()
    for text in ("x.yaml:14:7", 'unknown state "X"', "one of NOT_STARTED"):
        await expect(page.locator(".problem")).to_contain_text(text)
    server.cluster.problems = ()
    await expect(page.locator(".problem")).to_have_count(0)


async def test_a_new_world_is_a_new_picture(server: Server, open_page: Open) -> None:
    await server.status()
    await server.advance("6s")
    page = await open_page(server)
    await expect(row(page, "w").locator(".what")).to_contain_text("COMPLETED")
    await server.ask(f"{OWNER}/reset", "POST", "{}")
    await expect(row(page, "w").locator(".what")).to_contain_text("not begun")
    await expect(page.locator(".exchange:visible")).to_have_count(0)


async def test_a_client_that_creates_a_workflow_is_seen(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    created = await server.ask(WORKFLOW, "POST", '{"name": "mine"}', {"Content-Type": "application/json"})
    await expect(row(page, created.json["workflow_id"])).to_contain_text("no scenario")


async def test_coverage(server: Server, open_page: Open) -> None:
    page = await open_page(server)
    await page.get_by_role("tab", name="Coverage").click()
    await expect(page.locator(".covered .unseen")).to_have_count(3)
    await server.status()
    await expect(page.locator(".covered .seen")).to_have_count(1)
    await expect(page.locator("#covered")).to_have_text("33%")


# -- the clock -----------------------------------------------------------------------------------------


async def test_the_clock_controls(server: Server, open_page: Open) -> None:
    await server.status()
    page = await open_page(server)
    await expect(page.locator("#mode-frozen")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Next keyframe").click()
    await expect(page.locator("#elapsed")).to_have_text("+2s")
    assert (await clock_of(server))["elapsed_ms"] == 2000
    await shows(page, await status_at(server, 2000))
    await page.locator("#by").fill("1500ms")
    await page.get_by_role("button", name="Jump").click()
    await expect(page.locator("#elapsed")).to_have_text("+3.5s")
    await page.keyboard.press("n")
    await expect(page.locator("#elapsed")).to_have_text("+6s")
    await expect(page.get_by_role("button", name="Next keyframe")).to_be_disabled()
    await page.locator("#freeze").click()
    await expect(page.locator("#mode-real")).to_have_attribute("aria-pressed", "true")
    await page.locator("#speed").select_option("10")
    await expect(page.locator("#speed")).to_have_value("10")
    await page.keyboard.press("Tab")
    await page.locator("#list").focus()
    await page.keyboard.press("Space")
    await expect(page.locator("#mode-frozen")).to_have_attribute("aria-pressed", "true")
    clock = await clock_of(server)
    assert (clock["mode"], clock["speed"]) == ("frozen", 10)


async def test_the_clock_can_be_brought_to_where_one_looks(server: Server, open_page: Open) -> None:
    await server.status()
    page = await open_page(server)
    await page.locator("#at").fill("4321")
    await page.get_by_role("button", name="Clock to here").click()
    await expect(page.locator("#elapsed")).to_have_text("+4.321s")
    await expect(page.locator(".tense")).to_have_text("now")


async def test_the_playhead_follows_the_clock(server: Server, open_page: Open) -> None:
    await server.status()
    page = await open_page(server)
    head = page.locator(".inspector .playhead")
    places = []
    for _ in range(3):
        await expect(page.locator("#elapsed")).to_have_text(f"+{(await clock_of(server))['elapsed_ms'] // 1000}s")
        places.append((await head.bounding_box())["x"])
        await server.advance("3s")
    assert places == sorted(places)
    assert len(set(places)) == 3


async def test_a_run_can_be_begun_by_hand(serve: Servers, open_page: Open) -> None:
    """Who has just started it sees something move without a client; only a provision is a client's alone."""
    server = await serve(STORY, PROVISIONED, mode="real")
    server.cluster.world.clock.set_speed(1000)
    page = await open_page(server)
    button = page.locator("#restart")
    await expect(button).to_have_text("Begin")
    await button.click()
    await expect(button).to_have_text("Restart")
    await expect(row(page, "w").locator(".what")).to_contain_text("COMPLETED")
    await row(page, "p").click()
    await expect(button).to_have_text("Begin")
    await expect(button).to_be_disabled()


async def test_in_real_time_it_moves_by_itself(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, mode="real")
    await server.status()
    server.cluster.world.clock.set_speed(1000)
    page = await open_page(server)
    await expect(row(page, "w").locator(".what")).to_contain_text("COMPLETED")


# -- everybody -----------------------------------------------------------------------------------------


async def test_it_can_be_used_with_the_keyboard_alone(serve: Servers, open_page: Open) -> None:
    server = await serve(STORY, HICCUP)
    page = await open_page(server)
    reached = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.id || document.activeElement.getAttribute('role')"))
    assert {"list", "slider", "freeze", "next", "by", "filter", "tab-journal", "find"} <= reached
    await page.locator("#list").focus()
    await page.keyboard.press("ArrowDown")
    await expect(row(page, "h")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("/")
    await expect(page.locator("#filter")).to_be_focused()
    await page.keyboard.type("story")
    await expect(page.locator(".row:visible")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()


async def test_what_others_have_written_is_text(serve: Servers, open_page: Open) -> None:
    name = json.dumps(EVIL)
    server = await serve(
        f"scenario: {name}\nworkflow_id: {name}\n"
        f"provision:\n  timeline:\n    - {{at: 0s, state: FAILED, error: {name}}}\n"
    )
    await server.ask(f"/{quote(EVIL)}/x", "POST", EVIL)
    await server.status(quote(EVIL, safe=""))
    page = await open_page(server)
    await expect(page.locator(".title h2")).to_have_text(EVIL)
    await shows(page, await status_at(server, 0, EVIL))
    await page.locator(".exchange:visible").last.click()
    await expect(page.locator("#exchange")).to_contain_text("img")
    await page.keyboard.press("Escape")
    for path, added in (("faults", {"on": "any", "delay": "1ms"}), ("stubs", {"request": "GET /x", "respond": {}})):
        body = json.dumps({**added, "name": EVIL, **({"respond": {"body": EVIL}} if path == "stubs" else {})})
        assert (await server.ask(f"{OWNER}/{path}", "POST", body)).status == 200
    await page.get_by_role("tab", name="Faults and stubs").click()
    for kind in ("fault", "stub"):
        await expect(page.locator(f"#{kind}-list .entry")).to_contain_text(EVIL)
    await page.get_by_role("tab", name="Scenarios").click()
    await page.locator("#scenario-list").get_by_role("button", name="Edit").click()
    await page.locator("#text").fill(f"{EVIL}: 1\nscenario: x\n")
    await expect(page.locator("#editor .problem").first).to_contain_text(EVIL)
    assert await page.locator("main img, dialog img").count() == 0


@pytest.mark.parametrize(
    ("width", "scheme"),
    [(360, "light"), (360, "dark"), (500, "light"), (768, "dark"), (820, "light"), (1024, "dark"), (2560, "light")],
)
async def test_it_fits(serve: Servers, open_page: Open, width: int, scheme: str) -> None:
    server = await serve(STORY, HICCUP)
    await server.status()
    page = await open_page(
        server, viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    await expect(row(page, "w")).to_be_visible()
    await expect(page.locator(".inspector .band").first).to_be_attached()
    state = await page.locator(".row .state").first.bounding_box()
    panel = await page.locator("main > .workflows").bounding_box()
    assert state["x"] + state["width"] <= panel["x"] + panel["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [await page.locator(f"main > .{panel}").bounding_box() for panel in ("workflows", "inspector", "drawer")]
    for one, other in itertools.combinations(boxes, 2):
        assert any(one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at] for at, size in SIDES)


async def test_five_hundred_workflows(serve: Servers, open_page: Open) -> None:
    server = await serve(
        *(
            STORY.replace("story", f"story-{n:03}").replace("workflow_id: w", f"workflow_id: w{n:03}")
            for n in range(500)
        )
    )
    page = await open_page(server)
    await expect(page.locator("#count")).to_have_text("500")
    assert await page.locator(".row").count() < 60  # only what is in sight exists
    fetched = []

    def note(request: Any) -> None:
        if "/workflows/" in request.url:
            fetched.append(request.url)

    page.on("request", note)
    for number in range(200):
        await server.status(f"w{number % 500:03}")
    await expect(page.locator("#counted")).to_have_text("200")
    assert len(fetched) < 60
    await page.locator("#filter").fill("story-499")
    await expect(row(page, "w499")).to_be_visible()
    await row(page, "w499").locator(".who").click()
    await shows(page, await status_at(server, 0, "w499"))


async def test_behind_a_token(browser: Any) -> None:
    """Its owner opens it with the token, which leaves the address; without it, a field asks for it."""
    serving = Serving(cluster_of(STORY), control=Control("s3+cret"))
    server = Server(serving.cluster, await serving.start())
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.goto(f"{server.url}/_mockflow/?token=s3%2Bcret#workflow=w")
        await expect(page.locator("#live")).to_have_text("live")
        await page.locator("#by").fill("2s")
        await page.get_by_role("button", name="Jump").click()
        await expect(page.locator("#elapsed")).to_have_text("+2s")
        assert page.url == f"{server.url}/_mockflow/#workflow=w"
        await page.reload()  # this tab keeps it
        await expect(page.locator("#live")).to_have_text("live")
        other = await context.new_page()
        await other.goto(f"{server.url}/_mockflow/")
        field = other.get_by_label("Token", exact=True)
        await expect(field).to_be_focused()
        await other.keyboard.type("wrong")
        await other.keyboard.press("Enter")
        await expect(other.locator("#token .wrong")).to_have_text("This is not the token.")
        await field.fill("s3+cret")
        await other.keyboard.press("Enter")
        await expect(other.locator("#live")).to_have_text("live")
        await expect(row(other, "w")).to_be_visible()
        await expect(other.locator("#token")).to_be_hidden()
    finally:
        await context.close()
        await serving.stop()


async def test_it_comes_back_by_itself(serve: Servers, open_page: Open) -> None:
    """The stream of a world that ended is opened again."""
    server = await serve(STORY)
    page = await open_page(server)
    clock = server.cluster.world.clock
    server.cluster.reset()
    assert clock.closed
    await server.status()
    await expect(page.locator(".exchange:visible")).to_have_count(1)
    await expect(page.locator("#live")).to_have_text("live")


async def test_what_runs_comes_first_and_is_selected(serve: Servers, open_page: Open) -> None:
    """Also on a small screen, and behind more workflows than fit on it."""
    idle = "---\n".join(f"scenario: idle-{number}\nworkflow_id: i{number}\n" for number in range(40))
    server = await serve(f"{idle}---\n{STORY}")
    moving.restart(server.cluster.world, "w")
    page = await open_page(server, viewport={"width": 1280, "height": 800})
    first = page.locator("#workflow-0")
    await expect(first).to_contain_text("story")
    await expect(first).to_have_attribute("aria-selected", "true")
    await expect(first).to_be_in_viewport()
    await expect(page.locator("#inspector h2")).to_have_text("story")
