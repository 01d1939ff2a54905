"""Listens and accepts connections, each of which has a place from then on, its TLS handshake included.

asyncio's own servers count nothing before a connection is made, give a handshake a minute, and log a traceback for
each connection that a process without free descriptors cannot accept.

A forked child closes its copies of all sockets: with them the port would stay open, and responses would have no end,
after the parent has closed its own.
"""

import asyncio
import errno
import logging
import os
import socket
import ssl
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from mockflow.server.connections.places import Place, Places

log: Final = logging.getLogger("mockflow")

Connect = Callable[[Place], asyncio.Protocol]
"""Makes the protocol of a connection. It frees the place in `connection_lost`."""


class Listener:
    """Listening sockets of one address: `open`, and later `close`."""

    def __init__(self, connect: Connect, places: Places, tls: ssl.SSLContext | None, patience: float) -> None:
        """`patience` are the seconds for a TLS handshake."""
        self._connect = connect
        self._places = places
        self._tls = tls
        self._patience = patience
        self._sockets: list[socket.socket] = []
        self._paused: dict[socket.socket, asyncio.TimerHandle] = {}
        self._accepting: set[asyncio.Task[None]] = set()
        """Tasks that accept, where the loop cannot call back."""
        self._connecting: set[asyncio.Task[None]] = set()
        self._has_told = False

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Listens; returns the first address and its port. OSError for a port in use."""
        self._loop = asyncio.get_running_loop()
        # asyncio resolves the name and binds; without start_serving it accepts nothing
        bound = await self._loop.create_server(asyncio.Protocol, host or None, port, start_serving=False)
        try:
            self._sockets = [each.dup() for each in bound.sockets]
        finally:
            bound.close()
        try:
            for listening in self._sockets:
                _open_here.add(listening)
                listening.setblocking(False)
                listening.listen(_BACKLOG)
                self._begin(listening)
        except OSError:
            self.close()
            raise
        name = self._sockets[0].getsockname()
        return name[0], name[1]

    def close(self) -> None:
        """Accepts no further connection; those that are there stay."""
        for task in self._accepting:
            task.cancel()
        for timer in self._paused.values():
            timer.cancel()
        self._paused.clear()
        while self._sockets:
            listening = self._sockets.pop()
            with suppress(NotImplementedError):
                self._loop.remove_reader(listening)
            listening.close()

    async def end_handshakes(self) -> None:
        """To be awaited after `close`, before the connections end: none is made later."""
        for _ in range(_TURNS):  # connections that were accepted just before
            await asyncio.sleep(0)
        while self._connecting:
            for task in self._connecting:
                task.cancel()
            await asyncio.wait(self._connecting)

    # -- accepting -----------------------------------------------------------------------------------

    def _begin(self, listening: socket.socket) -> None:
        try:
            self._loop.add_reader(listening, self._accept, listening)
        except NotImplementedError:  # Windows' own loop
            task = self._loop.create_task(self._accept_in_turn(listening))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._loop.remove_reader(listening)
                self._paused[listening] = self._loop.call_later(_PAUSE_SECONDS, self._resume, listening)
                self._make_room(error)
                return
            self._admit(accepted)

    async def _accept_in_turn(self, listening: socket.socket) -> None:
        while True:
            try:
                accepted, _ = await self._loop.sock_accept(listening)
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if listening.fileno() < 0:
                    return
                self._make_room(error)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                self._admit(accepted)

    def _resume(self, listening: socket.socket) -> None:
        del self._paused[listening]
        self._begin(listening)

    def _make_room(self, error: OSError) -> None:
        """After a connection could not be accepted. It waits in the system's queue, and is tried again."""
        self._places.end_longest_idle(self._loop.time())
        if not self._has_told:
            self._has_told = True
            hint = "; ulimit -n raises the limit" if error.errno in (errno.EMFILE, errno.ENFILE) else ""
            reason = error.strerror or error
            log.warning("cannot accept a connection, trying again until it succeeds: %s%s", reason, hint)

    # -- connecting ----------------------------------------------------------------------------------

    def _admit(self, accepted: socket.socket) -> None:
        now = self._loop.time()
        place = self._places.take(now)
        if place is None:
            accepted.close()
            return
        _open_here.add(accepted)
        accepted.setblocking(False)
        beginning = _Beginning(now if place.kind == "reserved" else None)
        place.connection = beginning
        beginning.task = self._loop.create_task(self._make(accepted, place, beginning))
        self._connecting.add(beginning.task)
        beginning.task.add_done_callback(partial(self._made, accepted, place, beginning))

    async def _make(self, accepted: socket.socket, place: Place, beginning: "_Beginning") -> None:
        def protocol() -> asyncio.Protocol:
            beginning.has_transport = True
            return self._connect(place)

        patience = self._patience if place.kind == "ordinary" else min(self._patience, SHORT_SECONDS)
        seconds = None if self._tls is None else patience
        await self._loop.connect_accepted_socket(protocol, accepted, ssl=self._tls, ssl_handshake_timeout=seconds)

    def _made(self, accepted: socket.socket, place: Place, beginning: "_Beginning", task: asyncio.Task[None]) -> None:
        self._connecting.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error:
            place.leave()
            if not beginning.has_transport:
                accepted.close()
        if error and not isinstance(error, OSError):  # OSError: the client left, was too slow, or does not speak TLS
            log.error("cannot serve a connection", exc_info=error)


class _Beginning:
    """A connection until it is made, which with TLS takes several round trips."""

    def __init__(self, since: float | None) -> None:
        self._since = since
        self.task: asyncio.Task[None] | None = None
        self.has_transport = False

    def waiting_since(self) -> float | None:
        return self._since

    def give_way(self) -> None:
        if self.task:
            self.task.cancel()


SHORT_SECONDS: Final = 1.0
"""For what a connection without an ordinary place has to send."""
_BACKLOG: Final = 128
_AT_ONCE: Final = 32  # connections accepted before others get a turn; fewer than there are spare descriptors
_PAUSE_SECONDS: Final = 0.1
_TURNS: Final = 4  # of the loop, from accepting a connection to its protocol
_open_here: Final[weakref.WeakSet[socket.socket]] = weakref.WeakSet()


def _close_copies() -> None:
    for each in list(_open_here):
        each.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_copies)
