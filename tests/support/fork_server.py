"""Forks processes that run one module, so that what it needs is imported once and not for each of them.

Run as ``python -m tests.support.fork_server FD MODULE IMPORT...`` by `tests.support.forked`; FD is a Unix socket. Each
message is a JSON object (`arguments`, `environment`, `folder`), with four file descriptors: standard input, output and
error of the new process, and a pipe that gets its process id and at its end its exit code, each in a line.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import socket
import sys
from collections.abc import Iterable
from typing import Any, Final

_MESSAGE_BYTES: Final = 1 << 20


def serve(channel: socket.socket, imports: Iterable[str]) -> None:
    """Forks a process for each message. Returns in each new process, and ends this one when the channel is closed.

    Of the `imports` some may be missing.
    """
    for module in imports:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # the processes share this memory: no collection shall touch it
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, _MESSAGE_BYTES, 4)
        _reap()
        if not message:
            sys.exit()
        if os.fork() == 0:
            channel.close()
            *streams, status = descriptors
            _fork_watched(streams, status)
            _become(json.loads(message), streams)
            return
        _close(descriptors)


def _fork_watched(streams: list[int], status: int) -> None:
    """Returns in the new process; this one waits for it and reports its id and exit code."""
    pid = os.fork()
    if pid == 0:
        os.close(status)
        return
    _close(streams)
    os.write(status, b"%d\n" % pid)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        os.write(status, b"%d\n" % code)
    os._exit(0)


def _become(request: dict[str, Any], streams: list[int]) -> None:
    """Sets up what a new interpreter would find: folder, environment, arguments and standard streams."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    _close(streams)
    sys.argv[1:] = request["arguments"]
    sys.path[0] = request["folder"]
    for module in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[module]
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    encoding = encoding or "utf-8"
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = open(0, encoding=encoding, errors=errors or "strict", closefd=False)  # noqa: SIM115
    for name, number in (("stdout", 1), ("stderr", 2)):
        default = "strict" if number == 1 else "backslashreplace"
        stream = open(number, "w", encoding=encoding, errors=errors or default, closefd=False)  # noqa: SIM115
        stream.reconfigure(line_buffering=number == 2 or os.isatty(number), write_through=unbuffered)
        setattr(sys, name, stream)


def _reap() -> None:
    """Takes note of children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    _, number, module, *imports = sys.argv
    serve(socket.socket(fileno=int(number)), imports)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
