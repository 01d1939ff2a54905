"""`mockflow serve --watch`: watches scenario files and reloads them with `reload`."""

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
from mockflow.loading.shipped import find, is_shipped

log: Final = logging.getLogger("mockflow")

_SETTLE_SECONDS: Final = 0.2
_TRIES: Final = 10
_CHECK_MILLISECONDS: Final = 1000  # how often is checked whether a watched folder was replaced or recreated
MISSING: Final = "--watch needs the package watchfiles, which is not installed: pip install watchfiles"


def check_available() -> None:
    """Raises UsageError if the optional dependency is missing."""
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise click.UsageError(MISSING) from None


async def watch(cluster: Cluster, files: ScenarioFiles) -> None:
    """Reloads the files after each change until it is cancelled. Errors in the files do not end it."""
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
    for _ in range(_TRIES):  # a scenario loaded through the control API may conflict; the next plan includes it
        plan = await asyncio.to_thread(files.plan, versions, dict(cluster.world.scenarios))
        async with cluster.turn:  # others that change the scenarios have pauses
            if files.apply(cluster, plan):
                return
    log.error("the scenario files are not reloaded: scenarios loaded meanwhile have their names or workflow ids")


def _watched(paths: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The folders to watch recursively, and the folders of single files, since an editor may replace a file."""
    folders: dict[Path, None] = {}
    single: dict[Path, None] = {}
    for path in map(Path, paths):
        if is_shipped(path):
            path = find(str(path))
        if path.is_file():
            single |= {path.parent: None, path.resolve().parent: None}
        else:  # a folder, or a path that was removed since it was read
            folders[path] = None
    return list(folders), list(single)


async def _notify(changed: asyncio.Event, places: Sequence[Path], *, recursive: bool) -> None:
    """Sets `changed` after each change in the folders, also if a folder itself is replaced."""
    from watchfiles import awatch

    polls = False
    while True:
        present = _present(places)
        if not present:
            changed.set()
            await asyncio.sleep(_CHECK_MILLISECONDS / 1000)
            continue
        events = awatch(
            *present,
            watch_filter=None,
            recursive=recursive,
            force_polling=polls or None,
            rust_timeout=_CHECK_MILLISECONDS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        begins = True  # files may have changed before the watch began
        stamps = await asyncio.to_thread(_stamps, present, recursive=recursive)
        try:
            async with aclosing(events):
                async for happened in events:
                    # A busy system may lose notifications.
                    before, stamps = stamps, await asyncio.to_thread(_stamps, present, recursive=recursive)
                    if happened or begins or stamps != before:
                        changed.set()
                    begins = False
                    if _present(places) != present:
                        break
        except Exception as error:  # anyio puts them into groups
            if _present(places) == present and not polls:
                log.warning("scenario files are polled for changes, since notifications are unavailable: %r", error)
                polls = True
            await asyncio.sleep(_CHECK_MILLISECONDS / 1000)
        changed.set()


def _stamps(folders: Iterable[Path], *, recursive: bool) -> dict[Path, tuple[int, int, int]]:
    """Time, size and inode of each scenario file, to detect changes without reading it."""
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
    """The existing folders with their identity."""
    present = {}
    for place in places:
        try:
            status = place.stat()
        except OSError:
            continue
        present[place] = (status.st_dev, status.st_ino)
    return present
