"""How much a server holds of what grows with use, in one place; docs/reference/limits.md says what happens at each.

A world has its own counts: a reset begins them anew.
"""

from typing import Final

JOURNAL_EXCHANGES: Final = 10_000
JOURNAL_BODY: Final = 64 * 1024
"""Bytes of each body that the journal keeps."""
JOURNAL_LARGE: Final = 64 * 1024 * 1024
"""Bytes of all exchanges together that have more than `JOURNAL_SMALL`."""
JOURNAL_SMALL: Final = 8 * 1024
"""Bytes of an exchange (both bodies, target and headers) that it keeps in any case."""

STATUSES_LEFT: Final = 10_000
"""Statuses that remain after their templates were deleted, besides as many workflows as the plugin allows."""
RESOURCES_LEFT: Final = 20_000
"""Resources that remain after their workflows were deleted."""

ADDED_FAULTS: Final = 10_000
ADDED_FAULT_BYTES: Final = 64 * 1024 * 1024
ADDED_STUBS: Final = 10_000
ADDED_STUB_BYTES: Final = 64 * 1024 * 1024
PLANNED_STEPS: Final = 10_000
"""Steps that the control API has planned for the next run."""
ENDED_PARTS: Final = 1_000
"""Removed faults and used plans that the coverage lists."""

NAMES_COMPARED: Final = 50_000
"""Names of indices and aliases that the wildcards of one index expression are compared with."""

SCENARIOS: Final = 20_000
WORLDS: Final = 64
"""Further worlds of a server."""
SHARDS: Final = 1_000
"""OpenSearch's own default of cluster.max_shards_per_node, for indices of clients."""
CLUSTER_SETTINGS: Final = 16 * 1024 * 1024
"""Characters of all stored settings of the cluster together."""
PIPELINES: Final = 10_000
"""Ingest pipelines, and search pipelines."""
ML_RESOURCES: Final = 10_000
"""Models, model groups, connectors, agents, memories, messages that clients make: of each kind."""
ML_TASKS: Final = 1_000
SCROLLS: Final = 500
"""OpenSearch's search.max_open_scroll_context."""
SCROLL_HITS: Final = 2_000_000
"""Hits of all open scrolls together."""

REPEATED_REQUESTS: Final = 32_768
"""Requests that are prepared because they may repeat."""
REPEATED_REQUEST: Final = 4 * 1024
"""Bytes of the target and headers of such a request."""
REPEATED_RESPONSE: Final = 8 * 1024
"""Bytes of a response that is kept as it was written."""

CONNECTIONS: Final = 1_000
CONTROL_PLACES: Final = 16
"""Connections beyond that, at which the control API alone answers."""
CONTROL_PORT_CONNECTIONS: Final = 100
REFUSED_CONNECTIONS: Final = 16
"""Connections that are just being told that there is no place for them."""
SPARE_DESCRIPTORS: Final = 64
"""File descriptors that connections leave free."""
