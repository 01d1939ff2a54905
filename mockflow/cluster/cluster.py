"""The facade: the object that the server and the Python API hold while worlds come and go."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.cluster import scenarios
from mockflow.cluster.changes import Changes, LoadedScenario
from mockflow.cluster.not_served import NotServedRequests
from mockflow.cluster.settings import Settings
from mockflow.cluster.world import World
from mockflow.cluster.worlds import Worlds
from mockflow.core.base.collection import without_collection
from mockflow.core.base.steps import Steps, at_once


@dataclass
class Cluster:
    """One fake cluster: its current world, and what outlives a reset.

    The functions of this package act on `cluster.world`.
    """

    initial: Settings = field(default_factory=Settings)
    startup: tuple[LoadedScenario, ...] = ()
    """The scenarios of every new world."""
    publish_address: str = "127.0.0.1:9200"
    """The server's host and port, for requests that do not name them."""
    problems: tuple[Mapping[str, object], ...] = ()
    """The problems of the scenario files as they are now; the loaded scenarios may be older."""
    texts: Any = None
    """The files of its scenarios, for the control API: a `ScenarioTexts` of the server, or None."""
    on_cut_off: Callable[[], None] | None = None
    """Called when the server closes the connection of a client that polls for ever."""
    on_new_clock: Callable[[], None] | None = None
    """Called when a new world, with a new clock, has begun."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False, repr=False)
    """Held by each change through the control API over HTTP; some of them have pauses in which clients are answered."""

    worlds: "Worlds[Cluster]" = field(default_factory=Worlds, compare=False, repr=False)
    """The further clusters of the same server."""
    path: str = ""
    """The path below which it is served, if it is one of these: /_world/NAME."""

    def __post_init__(self) -> None:
        with without_collection():
            self.world = at_once(_world(self.initial, self.startup))
        self._not_served_before = NotServedRequests()

    @property
    def not_served(self) -> NotServedRequests:
        """The requests that OpenSearch serves and mockflow does not: of this, of earlier and of further worlds."""
        all_of_them = NotServedRequests()
        all_of_them.add(self._not_served_before)
        all_of_them.add(self.world.not_served)
        for _, cluster in self.worlds:
            all_of_them.add(cluster.not_served)
        return all_of_them

    def delete_world(self, name: str) -> Steps[None]:
        """Removes a further cluster, and ends the waits in it. Raises UnknownWorldError. It is gone at the first step;
        the others free its memory.
        """
        cluster = self.worlds.remove(name)
        self._not_served_before.add(cluster.not_served)
        cluster.end()
        gone = _parts(cluster.world)
        del cluster
        yield from _freed(gone)

    def reset(self, *, keep_scenarios: bool = False, **changes: Any) -> None:
        """Replaces the world by a new one, with the scenarios of the start or those loaded now.

        `changes` are settings of this world alone. Raises ValueError for settings out of range, and
        changes nothing then.
        """
        with without_collection():
            at_once(self.reset_in_steps(keep_scenarios=keep_scenarios, **changes))

    def reset_in_steps(self, *, keep_scenarios: bool = False, **changes: Any) -> Steps[None]:
        """As `reset`. Between two steps clients may be answered, by the former world.

        The new world replaces it as a whole.
        """
        settings = self._settings(changes)
        kept = self._kept(keep_scenarios)
        world = yield from _world(settings, kept)
        while kept != (now_kept := self._kept(keep_scenarios)):  # others were loaded meanwhile
            kept = now_kept
            world = yield from _world(settings, kept)
        self.world.clock.close()
        self._not_served_before.add(self.world.not_served)
        self.world.repeated.clear()  # they refer to the world
        gone = _parts(self.world)
        self.world = world
        if self.on_new_clock:
            self.on_new_clock()
        yield from _freed(gone)

    def _settings(self, changes: Mapping[str, Any]) -> Settings:
        """Those of the start with changes; an epoch of its own takes the place of an anchor."""
        is_moved = changes.get("epoch") is not None
        return replace(self.initial, **({"anchor": None, **changes} if is_moved else changes))

    def _kept(self, keep_scenarios: bool) -> tuple[LoadedScenario, ...]:
        return tuple(self.world.scenarios.values()) if keep_scenarios else self.startup

    def further_in_steps(self, path: str, **changes: Any) -> "Steps[Cluster]":
        """A further cluster of the server below `path`, as this one was at the start but for `changes` of settings.

        Raises ValueError for settings out of range. Between two steps clients may be answered.
        """
        settings = self._settings(changes)
        cluster = Cluster(settings, (), self.publish_address, on_cut_off=self.on_cut_off, path=path)
        cluster.startup = self.startup
        cluster.world = yield from _world(settings, cluster.startup)
        return cluster

    def end(self) -> None:
        """Ends the waits of requests, and those of further clusters; no request is answered from memory any more."""
        self.world.clock.close()
        self.world.repeated.clear()
        for _, cluster in self.worlds:
            cluster.end()

    def reload(self, changes: Changes) -> None:
        """Applies the changes of scenario files to this world and those that follow. Raises as `scenarios.reload`."""
        scenarios.reload(self.world, changes)
        self.startup = changes.after


_FREED_AT_ONCE: Final = 100


def _parts(world: World) -> list[object]:
    return [*world.workflows.values(), *world.active.scenarios]


def _freed(parts: list[object]) -> Steps[None]:
    """Frees the memory of a world's parts: to free that of very many at once would take as long as to make them."""
    while parts:
        del parts[-_FREED_AT_ONCE:]
        yield


def _world(settings: Settings, loaded: Sequence[LoadedScenario]) -> Steps[World]:
    world = World(settings)
    yield from scenarios.load_in_slices(world, loaded, {})
    if world.anchor is not None:  # what was loaded began at the anchor, to the millisecond
        world.clock.set_mode(settings.mode)
        world.clock.advance(max(0, int((time.time() * 1000 - world.anchor) * settings.speed)))
    return world
