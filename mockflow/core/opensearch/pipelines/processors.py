"""What a processor of a pipeline is: its keys in the order in which OpenSearch reads them, and its own checks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.pipelines.configuration import STRING, Configuration, Take, required

Release = tuple[int, int]
"""Major and minor number of a release of OpenSearch."""
Check = Callable[[Mapping[str, Any]], None]
"""Gets what was read, by key, and raises ConfigurationError."""

_ALWAYS: Final[Release] = (0, 0)


@dataclass(frozen=True)
class Key:
    """One key of a processor's configuration."""

    name: str
    take: Take = STRING
    is_required: bool = False
    since: Release = _ALWAYS


@dataclass(frozen=True)
class Processor:
    """A processor type. `plugin` is the plugin that brings it; None for OpenSearch's own modules."""

    type: str
    keys: tuple[Key, ...] = ()
    check: Check | None = None
    plugin: str | None = None
    since: Release = _ALWAYS

    def read(self, configuration: Configuration, release: Release) -> None:
        """Takes the processor's keys out of `configuration`. Raises ConfigurationError."""
        values = {}
        for key in self.keys:
            if key.since <= release:
                value = key.take(configuration, key.name)
                values[key.name] = required(value, key.name) if key.is_required else value
        if self.check:
            self.check(values)


Processors = Mapping[str, Processor]
"""Type -> processor."""


def need(name: str, take: Take = STRING) -> Key:
    """A required key."""
    return Key(name, take, is_required=True)


def may(name: str, take: Take = STRING, *, since: Release = _ALWAYS) -> Key:
    """An optional key."""
    return Key(name, take, since=since)


def available(table: Iterable[Processor], release: Release, plugins: Iterable[str]) -> Processors:
    """The processors of a release whose plugins are among `plugins`."""
    installed = set(plugins)
    return {
        processor.type: processor
        for processor in table
        if processor.since <= release and (processor.plugin is None or processor.plugin in installed)
    }
