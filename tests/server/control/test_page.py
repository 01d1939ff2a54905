"""The page's files over HTTP: what a browser is given, and what it is not."""

import re
from typing import Final

import pytest

from mockflow.server.control import page
from mockflow.server.http.messages import Request
from mockflow.server.serving import Control, Serving
from tests.support.server import OWNER, STORY, Answer, Server, Servers, cluster_of

PAGE: Final = f"{OWNER}/"
FILES: Final = sorted(file.name for file in page.FOLDER.iterdir() if file.suffix in page.TYPES)


async def file(server: Server, name: str) -> Answer:
    return await server.ask(f"{OWNER}/page/{name}")


async def test_the_page_is_there(server: Server) -> None:
    answer = await server.ask(PAGE)
    assert answer.status == 200
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert b"<title>mockflow</title>" in answer.body


@pytest.mark.parametrize("target", [f"{OWNER}", f"{OWNER}?"])
async def test_without_the_slash_programs_get_the_list_of_calls(server: Server, target: str) -> None:
    answer = await server.ask(target)
    assert answer.header("content-type") == "application/json"
    assert "GET /_mockflow/events" in answer.json["calls"]


@pytest.mark.parametrize("name", FILES)
async def test_every_file_has_its_type_and_may_do_nothing_else(server: Server, name: str) -> None:
    answer = await file(server, name)
    assert answer.status == 200
    assert answer.body == (page.FOLDER / name).read_bytes()
    assert answer.header("content-type") == page.TYPES[f".{name.rpartition('.')[2]}"]
    assert answer.header("x-content-type-options") == "nosniff"
    policy = answer.header("content-security-policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


async def test_it_needs_no_network_and_nothing_that_is_missing(server: Server) -> None:
    wanted: set[str] = set()
    for name in FILES:
        text = (await file(server, name)).body.decode()
        assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}
        wanted |= set(re.findall(r'"page/([^"]+)"', text)) | set(re.findall(r'from "\./([^"]+)"', text))
    assert wanted <= set(FILES)
    assert {"style.css", "app.js", "store.js"} <= wanted


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_no_text_becomes_markup(name: str) -> None:
    text = (page.FOLDER / name).read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)


async def test_a_browser_that_has_a_file_is_sent_nothing(server: Server) -> None:
    tag = (await file(server, "app.js")).header("etag")
    assert tag is not None
    again = await server.ask(f"{OWNER}/page/app.js", headers={"If-None-Match": tag})
    assert (again.status, again.body, again.header("etag")) == (304, b"", tag)


@pytest.mark.parametrize("tag", ['"0123456789abcdef"', "nonsense", ""])
async def test_one_that_has_another_is_sent_all_of_it(server: Server, tag: str) -> None:
    answer = await server.ask(f"{OWNER}/page/app.js", headers={"If-None-Match": tag})
    assert (answer.status, answer.header("cache-control")) == (200, "no-cache")
    assert answer.body


@pytest.mark.parametrize(
    "name",
    [
        "nope.js",
        "__init__.py",
        "..%2F__init__.py",
        "..%2f..%2fcontrol.py",
        "%2fetc%2fpasswd",
        "APP.JS",
        "app.js%00",
        ".",
    ],
)
async def test_what_is_no_file_of_it_is_not_there(server: Server, name: str) -> None:
    answer = await file(server, name)
    assert answer.status == 404
    assert "open /_mockflow/" in answer.json["error"]["message"]


@pytest.mark.parametrize("name", ["../control.py", "x/../../control.py", "a/b"])
async def test_nor_is_what_lies_elsewhere(server: Server, name: str) -> None:
    assert (await file(server, name)).status == 404


@pytest.mark.parametrize("target", [PAGE, f"{OWNER}/page/app.js", f"{OWNER}/events"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_it_can_only_be_read(server: Server, target: str, method: str) -> None:
    assert (await server.ask(target, method)).status == 405


@pytest.mark.parametrize("target", [PAGE, f"{OWNER}/page/app.js", f"{OWNER}/events"])
async def test_head_is_as_get_without_the_body(server: Server, target: str) -> None:
    answer = await server.ask(target, "HEAD")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("target", [PAGE, f"{OWNER}/page/app.js", f"{OWNER}/events"])
async def test_it_takes_no_parameters(server: Server, target: str) -> None:
    answer = await server.ask(f"{target}?pretty")
    assert answer.status == 400
    assert answer.json["error"]["message"] == "unknown parameter pretty; known here: none"


async def test_looking_at_it_is_no_request_of_a_client(serve: Servers) -> None:
    server = await serve(STORY)
    await server.ask(PAGE)
    await file(server, "app.js")
    assert server.cluster.world.journal.counted == 0


# -- one request of the journal ------------------------------------------------------------------------


async def test_one_request_of_the_journal(server: Server) -> None:
    await server.status()
    await server.ask("/nope")
    listed = (await server.ask(f"{OWNER}/journal")).json["exchanges"]
    for exchange in listed:
        assert (await server.ask(f"{OWNER}/journal/{exchange['number']}")).json == exchange


@pytest.mark.parametrize("number", ["0", "3", "-1", "x", "1.0", "%D9%A1", "9" * 40])
async def test_one_that_the_journal_has_not(server: Server, number: str) -> None:
    await server.status()
    await server.status()
    answer = await server.ask(f"{OWNER}/journal/{number}")
    assert answer.status == 404
    assert "the journal" in answer.json["error"]["message"]


# -- a guarded door ------------------------------------------------------------------------------------


async def test_behind_a_token_the_page_is_there_and_tells_nothing() -> None:
    serving = Serving(cluster_of(STORY), control=Control("s3cret"))
    server = Server(serving.cluster, await serving.start())
    try:
        for target in (PAGE, f"{PAGE}?token=s3cret", f"{OWNER}/page/app.js"):
            assert (await server.ask(target)).status == 200
        for target in (OWNER, f"{OWNER}/events", f"{OWNER}/clock", f"{OWNER}/page", f"{OWNER}/events?token=wrong"):
            assert (await server.ask(target)).status == 401
        for target in (f"{OWNER}/page/../clock", f"{OWNER}/page/%2e%2e/clock"):
            assert (await server.ask(target)).status in (401, 404)
        assert (await server.ask(f"{OWNER}/page/app.js", "POST")).status == 401
    finally:
        await serving.stop()


async def test_what_the_page_reads_is_not_logged(serve: Servers) -> None:
    logged: list[tuple[str, int]] = []

    def log(request: Request, status: int, seconds: float) -> None:
        logged.append((f"{request.method} {request.target}", status))

    server = await serve(STORY, access_log=log)
    browser = {"Sec-Fetch-Site": "same-origin"}
    assert (await server.ask(f"{PAGE}page/app.js")).status == 200
    assert (await server.ask(f"{PAGE}workflows", headers=browser)).status == 200
    assert logged == []
    await server.ask(f"{PAGE}page/none.js")
    await server.ask(f"{PAGE}workflows/none", headers=browser)
    await server.ask(f"{PAGE}clock", "POST", '{"advance": "1s"}', headers=browser)
    await server.ask(f"{PAGE}workflows")
    await server.ask("/", headers=browser)
    assert logged == [
        ("GET /_mockflow/page/none.js", 404),
        ("GET /_mockflow/workflows/none", 404),
        ("POST /_mockflow/clock", 200),
        ("GET /_mockflow/workflows", 200),
        ("GET /", 200),
    ]
