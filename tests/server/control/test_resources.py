"""What a workflow has made and what of it exists now (control API)."""

from typing import Any

from tests.support.control import Owner
from tests.support.server import Servers
from tests.support.things import THINGS

JSON = {"Content-Type": "application/json"}


def resource(kind: str, id: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "id": id, "name": None, "state": None, "documents": None, **more}


async def test_resources_come_with_the_timeline_and_go_when_a_client_deletes_them(serve: Servers) -> None:
    server = await serve(THINGS)
    owner = await Owner.of(server)
    assert await owner.get("/workflows/t/resources") == {"total": 0, "resources": []}
    await server.status("t")
    await server.advance("1s")
    registered = [
        resource("index", "books", documents=0),
        resource("model", "m1", name="chat model", state="REGISTERED"),
    ]
    assert await owner.get("/workflows/t/resources") == {"total": 2, "resources": registered}
    assert (await server.ask("/books/_doc", "POST", '{"a":1}', JSON)).status == 201
    await server.advance("1s")
    assert await owner.get("/workflows/t/resources") == {
        "total": 3,
        "resources": [
            resource("index", "books", documents=1),
            resource("model", "m1", name="chat model", state="DEPLOYED"),
            resource("agent", "a1", name="librarian"),
        ],
    }
    await server.ask("/books", "DELETE")
    await server.ask("/books", "PUT", "{}", JSON)  # another index of this name: the client's, no longer the workflow's
    shown = await owner.get("/workflows/t/resources")
    assert [one["kind"] for one in shown["resources"]] == ["model", "agent"]


async def test_reading_resources_writes_nothing(serve: Servers) -> None:
    server = await serve(THINGS)
    owner = await Owner.of(server)
    await server.status("t")
    await server.advance("2s")
    await owner.get("/workflows/t/resources")
    journal = await owner.get("/journal")
    assert journal["counted"] == 1
    assert await owner.refused(404, "GET", "/workflows/nope/resources")


async def test_resources_of_no_workflow(serve: Servers) -> None:
    server = await serve(THINGS)
    owner = await Owner.of(server)
    assert await owner.get("/resources") == {"total": 0, "resources": []}
    await server.status("t")
    await server.advance("2s")
    assert await owner.get("/resources") == {"total": 0, "resources": []}
    await server.ask("/logs/_doc", "POST", '{"a":1}', JSON)
    await server.ask("/_plugins/_ml/models/m1", "PUT", '{"description":"d"}', JSON)  # it stays the workflow's
    made = await server.ask("/_plugins/_ml/memory", "POST", '{"name":"talk"}', JSON)
    local = '{"name":"huggingface/l","version":"1","model_format":"TORCH_SCRIPT"}'
    await server.ask("/_plugins/_ml/models/_register", "POST", local, JSON)
    shown = await owner.get("/resources")
    assert shown["resources"][:2] == [
        resource("index", "logs", documents=1),
        resource("memory", made.json["memory_id"], name="talk"),
    ]
    assert [(one["kind"], one["state"]) for one in shown["resources"][2:]] == [
        ("model_group", None),
        ("model", "REGISTERED"),
    ]
    assert shown["total"] == 4
    assert (await owner.get("/workflows/t/resources"))["total"] == 3
