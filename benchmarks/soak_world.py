"""What clients and owner of `benchmarks/soak.py` share: the server as they know it, and what they have found."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from soak_http import Connection
from soak_oracle import Clock, Versions


@dataclass
class Findings:
    """What one phase has seen."""

    requests: int = 0
    checked: int = 0
    wrong: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    """5xx and broken connections that no fault accounts for."""
    polls: list[tuple[float, float]] = field(default_factory=list)
    """When each poll was sent, and the seconds until its answer."""
    done: Counter[str] = field(default_factory=Counter)
    """How often each operation was answered."""


@dataclass
class World:
    """What clients and owner share: the server, and what is known of its state."""

    url: str
    mode: str
    versions: list[Versions]
    findings: Findings
    clock: Clock
    ends: float
    """The monotonic time at which the phase ends."""
    resets_sent: int = 0
    resets: int = 0
    """Those that were answered."""
    added: int = 0
    """The faults that the owner has sent."""
    removed: int = 0
    """Those of them that are certainly gone."""
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By scenario and operation since the last reset."""
    acted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same for calls that a fault answered."""

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends

    async def ask(
        self,
        connection: Connection,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body; status 0 for a broken connection."""
        self.findings.requests += 1
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return await connection.ask(method, target, data, {"Content-Type": "application/json", **(headers or {})})

    def check(self, is_right: bool, what: str, told: Any = "") -> None:
        """Counts an answer as checked, and as wrong unless it is right."""
        self.findings.checked += 1
        if not is_right:
            self.findings.wrong.append(f"{self.mode}: {what}: {told!r}")
