"""Further worlds of one server, below /_world/NAME: each has its own clock, scenarios, workflows and journal."""

import pytest

from mockflow.cluster.worlds import MAX_WORLDS
from mockflow.server.serving import Control
from tests.support.control import Owner
from tests.support.server import STORY, WORKFLOW, Servers, Wire, request

STATUS = f"{WORKFLOW}/w/_status"


@pytest.fixture
async def owner(serve: Servers) -> Owner:
    return await Owner.of(await serve(STORY))


async def test_worlds_share_nothing(owner: Owner) -> None:
    made = await owner.post("/worlds", {"name": "a", "mode": "auto", "opensearch_version": "2.19.0"})
    assert made == {"name": "a", "path": "/_world/a", "mode": "auto", "workflows": 1, "requests": 0}
    assert (await owner.post("/worlds"))["name"] == "world-1"
    ask = owner.server.ask
    states = [(await ask(f"/_world/a{STATUS}")).json["state"] for _ in range(3)]
    assert states == ["NOT_STARTED", "PROVISIONING", "COMPLETED"]
    assert (await ask(STATUS)).json["state"] == "NOT_STARTED"
    assert (await ask(f"/_world/world-1{STATUS}?filter_path=state")).json == {"state": "NOT_STARTED"}
    assert (await ask("/_world/a/")).json["version"]["number"] == "2.19.0"
    assert (await ask("/_world/a")).json["version"]["number"] == "2.19.0"
    assert (await ask("/")).json["version"]["number"] == "3.2.0"
    fault = b'{"on": "get_status", "respond": "too_many_requests"}'
    assert (await ask("/_world/world-1/_mockflow/faults", "POST", fault)).status == 200
    assert [(await ask(path + STATUS)).status for path in ("", "/_world/a", "/_world/world-1")] == [200, 200, 429]
    assert (await ask("/_world/a/_mockflow/scenarios/story", "DELETE")).status == 200
    assert (await ask(f"/_world/a{STATUS}")).status == 404
    assert (await ask("/_world/world-1/_mockflow/clock", "POST", b'{"advance": "5s"}')).json["elapsed_ms"] == 5000
    assert (await owner.get("/clock"))["elapsed_ms"] == 0
    counts = {world["name"]: world["requests"] for world in await owner.get("/worlds")}
    assert counts == {"a": 7, "world-1": 2}
    assert [one["target"] for one in (await owner.get("/journal"))["exchanges"]] == [STATUS, "/", STATUS]
    await owner.post("/reset")
    assert len(await owner.get("/worlds")) == 2, "a reset is of the default world"


async def test_a_world_that_is_deleted_answers_no_more(owner: Owner) -> None:
    await owner.post("/worlds", {"name": "a"})
    wire, head = await Wire.open(owner.server.url), request(f"/_world/a{STATUS}")
    for _ in range(4):  # by the fast lane too
        await wire.send(head)
        assert (await wire.answer()).status == 200
    assert (await owner.delete("/worlds/a"))["requests"] == 4
    await wire.send(head)
    answer = await wire.answer()
    assert (answer.status, answer.json["error"]["message"]) == (404, 'no world "a"; POST /_mockflow/worlds makes one')
    await wire.close()
    assert await owner.get("/worlds") == []
    assert 'no world "a"' in await owner.refused(404, "DELETE", "/worlds/a")


async def test_what_is_refused(owner: Owner) -> None:
    await owner.post("/worlds", {"name": "a"})
    assert "there is a world a" in await owner.refused(409, "POST", "/worlds", {"name": "a"})
    for name in ("", "../a", "a/b", "ä", "x" * 65):
        assert "a world's name is 1 to 64 letters" in await owner.refused(400, "POST", "/worlds", {"name": name})
    assert "mode: " in await owner.refused(400, "POST", "/worlds", {"mode": "fast"})
    answer = await owner.server.ask("/_world/a/_mockflow/worlds", "POST")
    assert (answer.status, "this is a further world" in answer.json["error"]["message"]) == (409, True)
    for _ in range(MAX_WORLDS - 1):
        await owner.post("/worlds")
    assert f"there are {MAX_WORLDS} worlds" in await owner.refused(409, "POST", "/worlds")


async def test_a_world_has_the_servers_token(serve: Servers) -> None:
    server = await serve(STORY, control=Control("secret"))
    token = {"Authorization": "Bearer secret"}
    assert (await server.ask("/_mockflow/worlds", "POST", b'{"name": "a"}', token)).status == 200
    assert (await server.ask("/_world/a/_mockflow/clock")).status == 401
    assert (await server.ask("/_world/a/_mockflow/clock", headers=token)).status == 200


async def test_the_archive_and_the_log_name_the_world(owner: Owner) -> None:
    await owner.post("/worlds", {"name": "a"})
    assert (await owner.server.ask("/_world/a/nothing/here?x=1")).status == 400
    archive = (await owner.server.ask("/_world/a/_mockflow/journal.har")).json
    assert [one["request"]["url"] for one in archive["log"]["entries"]] == ["http://mockflow/_world/a/nothing/here?x=1"]


async def test_the_access_log_names_the_world_and_has_requests_for_missing_ones(serve: Servers) -> None:
    lines: list[str] = []
    server = await serve(
        STORY, access_log=lambda request, status, _: lines.append(f"{request.world} {request.target} {status}")
    )
    await server.ask("/_mockflow/worlds", "POST", b'{"name": "a"}')
    for target in ("/_world/a/_cluster/health", "/_world/b/_cluster/health", "/_world/a/_cluster/health"):
        await server.ask(target)
    assert lines == [
        " /_mockflow/worlds 200",
        "/_world/a /_cluster/health 200",
        " /_world/b/_cluster/health 404",
        "/_world/a /_cluster/health 200",
    ]


async def test_what_is_not_served_in_a_world_is_reported_with_the_rest(owner: Owner) -> None:
    await owner.post("/worlds", {"name": "a"})
    await owner.post("/worlds", {"name": "b"})
    for path in ("", "/_world/a", "/_world/b"):
        await owner.server.ask(f"{path}/i/_rollover", "POST")
    await owner.delete("/worlds/b")
    assert [(kind.request, kind.calls) for kind in owner.server.cluster.not_served] == [("POST /{alias}/_rollover", 3)]


async def test_a_long_bad_name_is_told_in_part(owner: Owner) -> None:
    assert len(await owner.refused(400, "POST", "/worlds", {"name": "/" * 100_000})) < 200


async def test_a_world_says_that_it_writes_no_files(owner: Owner) -> None:
    await owner.post("/worlds", {"name": "a"})
    told = (await owner.server.ask("/_world/a/_mockflow/scenarios/story")).json["read_only"]
    assert told == "a further world writes no files; the server's own /_mockflow does"
    refused = await owner.server.ask("/_world/a/_mockflow/scenarios/story?write=true&version=x", "PUT", STORY)
    assert (refused.status, refused.error["message"]) == (403, told)
