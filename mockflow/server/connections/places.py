"""The places of one port: how many connections it holds, and which of them gives way to a new one."""

from collections import deque
from typing import Final, Literal, Protocol

from mockflow.core.base.bounds import REFUSED_CONNECTIONS

Kind = Literal["ordinary", "reserved", "refused"]
"""Reserved: only the control API answers. Refused: the connection is told that there is no place, and closed."""

_SCANS: Final = 10  # of all connections, at most, in the time after which one is idle


class Connection(Protocol):
    """What holds a place."""

    def waiting_since(self) -> float | None:
        """The loop's time since which nothing has come or gone; None while a request or its response is under way."""

    def give_way(self) -> None:
        """Closes the connection."""


class Place:
    """One place, from accepting a connection until its end."""

    __slots__ = ("_all", "connection", "kind", "streams")

    def __init__(self, kind: Kind, all_of_kind: "dict[Place, None]") -> None:
        self._all = all_of_kind
        all_of_kind[self] = None
        self.kind = kind
        self.connection: Connection | None = None
        """Set as soon as there is one: a TLS handshake first, then the connection that it makes."""
        self.streams = False
        """Whether a response without end is under way."""

    def leave(self) -> None:
        """Frees the place; a second time it does nothing."""
        self._all.pop(self, None)


class Places:
    """Gives places to connections, as long as there are any.

    A further connection takes the place of the one that has waited longest, if that is `idle_seconds` or more. Else it
    takes a reserved place, where whichever has sent no request yet gives way first.
    """

    def __init__(self, most: int, reserved: int, idle_seconds: float) -> None:
        self.most = most
        self._number_reserved = reserved
        self._idle_seconds = idle_seconds
        self._ordinary: dict[Place, None] = {}
        self._reserved: dict[Place, None] = {}
        self._refused: dict[Place, None] = {}
        self._idle: deque[Place] = deque()
        """Connections that were found idle, the longest first."""
        self._next_scan = 0.0

    def __len__(self) -> int:
        return len(self._ordinary) + len(self._reserved) + len(self._refused)

    def take(self, now: float) -> Place | None:
        """A place for a new connection; None if it is to be closed at once."""
        if len(self._ordinary) >= self.most:
            self._end_idle(now)
        if len(self._ordinary) < self.most:
            return Place("ordinary", self._ordinary)
        if len(self._reserved) >= self._number_reserved:
            self._end_waiting()
        if len(self._reserved) < self._number_reserved:
            return Place("reserved", self._reserved)
        return Place("refused", self._refused) if len(self._refused) < REFUSED_CONNECTIONS else None

    @property
    def may_stream(self) -> bool:
        """Whether a response without end may hold a reserved place: half of them at most."""
        return 2 * sum(place.streams for place in self._reserved) < self._number_reserved

    def end_longest_idle(self, now: float) -> None:
        """Closes the connection that has waited longest, however short that is."""
        self._find_idle(now)
        self._end_next(now)

    def _end_idle(self, now: float) -> None:
        if self._end_next(now - self._idle_seconds) or now < self._next_scan:
            return
        self._next_scan = now + self._idle_seconds / _SCANS
        self._find_idle(now - self._idle_seconds)
        self._end_next(now - self._idle_seconds)

    def _find_idle(self, since: float) -> None:
        found = [
            (waiting, number, place)
            for number, place in enumerate(self._ordinary)
            if place.connection and (waiting := place.connection.waiting_since()) is not None and waiting <= since
        ]
        self._idle = deque(place for *_, place in sorted(found, key=lambda one: one[:2]))

    def _end_next(self, since: float) -> bool:
        """Ends the first that was found idle and still is."""
        while self._idle:
            place = self._idle.popleft()
            waiting = place.connection.waiting_since() if place in self._ordinary and place.connection else None
            if waiting is not None and waiting <= since:
                _end(place)
                return True
        return False

    def _end_waiting(self) -> None:
        for place in self._reserved:
            if place.connection and place.connection.waiting_since() is not None:
                _end(place)
                return


def _end(place: Place) -> None:
    place.leave()
    if place.connection:
        place.connection.give_way()
