"""A large body loads scenarios with pauses, in which clients are answered; what comes of it is the same."""

import json
from typing import Any

import pytest

from mockflow.cluster import scenarios
from mockflow.server.control import answer
from tests.support.server import OWNER, STORY, Servers

OTHER = "scenario: other\nworkflow_id: o\nmatch: everything\n"
MANY = "\n---\n".join(f"scenario: s{number}\nworkflow_id: w{number}\n" for number in range(7))
BODIES = {
    "more than one": ("PUT", "/scenarios", MANY),
    "in place of one": ("PUT", "/scenarios/story", MANY),
    "in place of one, with its workflow": ("PUT", "/scenarios/story", f"{MANY}\n---\nscenario: last\nworkflow_id: w\n"),
    "in place of one, under its name too": ("PUT", "/scenarios/story", f"{MANY}\n---\n{STORY}"),
    "refused: of another": (
        "PUT",
        "/scenarios/story",
        f"{MANY}\n---\nscenario: last\nworkflow_id: o\nmatch: everything\n",
    ),
    "refused: of one that stays": ("PUT", "/scenarios", f"{MANY}\n---\nscenario: last\nworkflow_id: w\n"),
    "refused: twice": ("PUT", "/scenarios/story", f"{MANY}\n---\nscenario: last\nworkflow_id: w0\n"),
    "refused: broken": ("PUT", "/scenarios/story", f"{MANY}\n---\nscenario: last\nnope: 1\n"),
    "refused: unknown": ("PUT", "/scenarios/nope", MANY),
}


@pytest.mark.parametrize("name", BODIES)
async def test_with_and_without_pauses_the_world_is_the_same(
    name: str, serve: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, path, body = BODIES[name]
    told: list[Any] = []
    for large in (10**6, 1):
        monkeypatch.setattr(answer, "LARGE", large)
        monkeypatch.setattr(scenarios, "_SLICE", 2)
        server = await serve(STORY, OTHER)
        await server.status("w")
        result = await server.ask(f"{OWNER}{path}", method, body)
        assert (result.status < 400) is not name.startswith("refused")
        shown = [(await server.ask(f"{OWNER}/{view}")).json for view in ("scenarios", "workflows", "coverage")]
        told.append([result.status, result.json, shown])
    assert json.dumps(told[0]) == json.dumps(told[1])
