"""`mockflow serve --watch`: tells when scenario files change. What then happens is in `reload`."""

import asyncio
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final

import click

from mockflow.cli.reload import ScenarioFiles
from mockflow.cluster import Cluster
from mockflow.loading.load import SUFFIXES

log: Final = logging.getLogger("mockflow")

_SETTLE_SECONDS: Final = 0.2
_TRIES: Final = 10
_LOOK_MILLISECONDS: Final = 1000  # how often a watched folder is checked for being another, or there again
MISSING: Final = "--watch needs the package watchfiles: pip install 'mockflow-opensearch[watch]'"


def check_available() -> None:
    """Raises UsageError where the optional dependency is missing."""
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise click.UsageError(MISSING) from None


async def watch(cluster: Cluster, files: ScenarioFiles) -> None:
    """Reloads whenever the files change, until it is cancelled. Whatever they hold, it goes on."""
    changed = asyncio.Event()
    folders, single = _watched(files.paths)
    watchers = [
        asyncio.create_task(_notify(changed, places, recursive=recursive))
        for places, recursive in ((folders, True), (single, False))
        if places
    ]
    try:
        while True:
            await changed.wait()
            changed.clear()
            try:
                await _reload(cluster, files)
            except Exception:
                log.exception("the scenario files cannot be reloaded; the last good ones stay")
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _reload(cluster: Cluster, files: ScenarioFiles) -> None:
    versions = await asyncio.to_thread(files.read)
    while files.is_doubtful(versions):
        await asyncio.sleep(_SETTLE_SECONDS)
        before, versions = versions, await asyncio.to_thread(files.read)
        if versions == before:
            break
    for _ in range(_TRIES):  # what the owner loads meanwhile may be in the way; the next plan knows of it
        plan = await asyncio.to_thread(files.plan, versions, dict(cluster.world.scenarios))
        if files.apply(cluster, plan):
            return
    log.error("the scenario files are not reloaded: scenarios that are loaded meanwhile claim the same")


def _watched(paths: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The folders, watched with all below, and those of single files: an editor may put another in a file's place."""
    folders: dict[Path, None] = {}
    single: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_file():
            single |= {path.parent: None, path.resolve().parent: None}
        else:  # a folder, or one that was taken away since it was read
            folders[path] = None
    return list(folders), list(single)


async def _notify(changed: asyncio.Event, places: Sequence[Path], *, recursive: bool) -> None:
    """Sets `changed` whenever something happens in the folders, also when they are put in place of others."""
    from watchfiles import awatch

    polls = False
    while True:
        present = _present(places)
        if not present:
            changed.set()
            await asyncio.sleep(_LOOK_MILLISECONDS / 1000)
            continue
        events = awatch(
            *present,
            watch_filter=None,
            recursive=recursive,
            force_polling=polls or None,
            rust_timeout=_LOOK_MILLISECONDS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        begins = True  # something may have happened before anybody watched
        stamps = await asyncio.to_thread(_stamps, present, recursive=recursive)
        try:
            async with aclosing(events):
                async for happened in events:
                    # A busy system loses a message now and then.
                    before, stamps = stamps, await asyncio.to_thread(_stamps, present, recursive=recursive)
                    if happened or begins or stamps != before:
                        changed.set()
                    begins = False
                    if _present(places) != present:
                        break
        except Exception as error:  # anyio puts them into groups
            if _present(places) == present and not polls:
                log.warning("scenario files are looked at from time to time, for the system does not tell: %r", error)
                polls = True
            await asyncio.sleep(_LOOK_MILLISECONDS / 1000)
        changed.set()


def _stamps(folders: Iterable[Path], *, recursive: bool) -> dict[Path, tuple[int, int, int]]:
    """What tells of each scenario file whether it is as it was, without reading it."""
    found = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for path in (Path(place, name) for name in names):
                if path.suffix in SUFFIXES:
                    with suppress(OSError):
                        status = path.stat()
                        found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
            if not recursive:
                break
    return found


def _present(places: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """The folders that are there, and which ones they are."""
    present = {}
    for place in places:
        try:
            status = place.stat()
        except OSError:
            continue
        present[place] = (status.st_dev, status.st_ino)
    return present
