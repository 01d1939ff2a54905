"""The owner of the server of `benchmarks/soak.py`, who moves the clock, loads scenarios, adds faults and resets."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from random import Random
from typing import Any, Final

from soak_http import Connection
from soak_oracle import Versions, parsed
from soak_scenarios import FAULT_BODY, REFUSED, Script, stub, with_timelines
from soak_world import World

OWNER: Final = "/_mockflow"
_ADDED: Final = {"on": "get_status", "every": 7, "respond": {"status": REFUSED, "body": FAULT_BODY}}


class Owner:
    """Does one thing after another through the control API, each at a random time."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._connection = Connection(world.url)

    async def run(self) -> None:
        acts: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (60, self._advance),
            (10, self._reload),
            (4, self._fault),
            (1, self._reset),
            (6, self._read),
        ]
        weights, choices = zip(*acts, strict=True)
        while not self._world.is_over:
            await self._random.choices(choices, weights)[0]()
            await asyncio.sleep(self._random.random() * 0.04)

    async def begin(self) -> None:
        """Loads the scenarios and looks at the clock."""
        for versions in self._world.versions:
            await self._load(versions, versions.script)
        await self._told("PUT", "/scenarios", stub())
        await self._look_at_clock()

    async def _told(self, method: str, target: str, body: Any = None) -> Any:
        status, answer = await self._world.ask(self._connection, method, OWNER + target, body)
        self._world.findings.done["control"] += 1
        self._world.check(200 <= status < 300, f"{method} {OWNER}{target}", (status, answer))
        return parsed(answer)

    async def move_until_done(self, running: Collection["asyncio.Task[None]"]) -> None:
        """Moves the clock on while requests wait for it."""
        while not all(task.done() for task in running):
            await self._advance()
            await asyncio.sleep(0.02)
        self._connection.close()

    async def _look_at_clock(self) -> None:
        clock = self._world.clock
        asked = time.monotonic()
        told = await self._told("GET", "/clock")
        clock.told, clock.asked, clock.heard, clock.sent, clock.confirmed = told["now"], asked, time.monotonic(), 0, 0

    async def _advance(self) -> None:
        milliseconds = self._random.randint(1, 120)
        self._world.clock.sent += milliseconds
        before = self._world.clock.earliest()
        told = await self._told("POST", "/clock", {"advance": f"{milliseconds}ms"})
        self._world.clock.confirmed += milliseconds
        if self._world.mode != "auto":
            is_right = before + milliseconds <= told["now"] <= self._world.clock.latest()
            self._world.check(is_right, f"now, after {milliseconds} ms from {before}", told)

    async def _reload(self) -> None:
        changeable = [versions for versions in self._world.versions if versions.script.may_change]
        versions = self._random.choice(changeable)
        await self._load(versions, with_timelines(versions.script, self._random))

    async def _load(self, versions: Versions, script: Script) -> None:
        number = versions.add(script)
        await self._told("PUT", "/scenarios", script.document)
        versions.confirmed = number

    async def _fault(self) -> None:
        """Adds a fault for a moment."""
        self._world.added += 1
        await self._told("POST", "/faults", _ADDED)
        await asyncio.sleep(self._random.random() * 0.1)
        await self._told("DELETE", "/faults")
        self._world.removed = self._world.added

    async def _reset(self) -> None:
        """A new world with the scenarios as they are."""
        self.check_faults()
        self._world.resets_sent += 1
        await self._told("POST", "/reset", {"keep": ["scenarios"]})
        await self._look_at_clock()
        self._world.calls.clear()
        self._world.acted.clear()
        self._world.resets += 1

    async def _read(self) -> None:
        """What must not fail, and changes nothing."""
        for target in ("/journal?status=409", "/workflows", "/coverage", "/faults", "/health", "/scenarios"):
            await self._told("GET", target)

    def check_faults(self) -> None:
        """Faults have acted as often as their `every` permits."""
        for versions in self._world.versions:
            for fault in versions.script.faults:
                if "every" in fault and "delay" not in fault:
                    key = (versions.script.name, fault["on"])
                    most = self._world.calls[key] // fault["every"] + _in_flight(self._world)
                    self._world.check(self._world.acted[key] <= most, f"{fault} of {key[0]}", self._world.acted[key])


def _in_flight(world: World) -> int:
    """The calls that may not have been answered, or counted, yet."""
    return 0 if world.is_over else 200
