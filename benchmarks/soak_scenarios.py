"""The scenarios of `benchmarks/soak.py`: random ones from a seed, each with what may happen to its requests."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

HEADER: Final = "X-Soak"
"""A create request with the scenario's name in this header belongs to the scenario."""
STEPS: Final = ("create_connector", "register_remote_model", "register_agent", "deploy_model")
FAULT_BODY: Final = {"soak": "this fault was asked for"}
STUB_BODY: Final = {"soak": "stub"}
REFUSED: Final = 503

Faults = tuple[dict[str, Any], ...]
FAULTS: Final[tuple[Faults, ...]] = (
    (),
    (),
    (),
    ({"on": "get_status", "every": 4, "respond": "too_many_requests"},),
    ({"on": "get_status", "every": 5, "connection": "reset"},),
    ({"on": "get_status", "every": 5, "connection": "lost_reply"},),
    ({"on": "provision", "every": 2, "respond": {"status": REFUSED, "body": FAULT_BODY}},),
    ({"on": "any", "every": 3, "delay": "3ms"},),
)


@dataclass(frozen=True)
class Script:
    """One scenario."""

    name: str
    faults: Faults
    counts_polls: bool
    """It has an at_poll keyframe."""
    attempts: tuple[tuple[dict[str, Any], ...], ...] = field(default=())
    takes: str = "0s"
    """How long a deprovisioning takes."""

    @property
    def may_change(self) -> bool:
        """Whether it is loaded anew with other keyframes: that would begin the counts of faults and polls anew."""
        return not (self.faults or self.counts_polls)

    @property
    def document(self) -> str:
        """The scenario as JSON, which is YAML."""
        content: dict[str, Any] = {
            "scenario": self.name,
            "match": {"header": {HEADER: self.name}},
            "provision": {"attempts": [{"timeline": list(keyframes)} for keyframes in self.attempts]},
            "deprovision": {"attempts": [{"takes": self.takes}]},
        }
        if self.faults:
            content["faults"] = list(self.faults)
        return json.dumps(content)


def scripts_of(random: Random, count: int) -> list[Script]:
    """`count` scenarios with random timelines: each kind of fault, then one that counts polls, and again."""
    made = []
    for number in range(count):
        kind = number % (len(FAULTS) + 1)
        counts_polls = kind == len(FAULTS)
        faults = () if counts_polls else FAULTS[kind]
        script = Script(f"s{number}", faults, counts_polls, takes=random.choice(("0s", "0s", "40ms")))
        made.append(with_timelines(script, random))
    return made


def with_timelines(script: Script, random: Random) -> Script:
    """The scenario with other timelines."""
    attempts = tuple(_timeline(random, counts_polls=script.counts_polls) for _ in range(2))
    return Script(script.name, script.faults, script.counts_polls, attempts, script.takes)


def stub() -> str:
    """A scenario with a stub, as JSON."""
    stubs = [{"request": "GET /soak/{name}", "respond": {"status": 200, "body": {**STUB_BODY, "is": "{{path.name}}"}}}]
    return json.dumps({"scenario": "stubbed", "stubs": stubs})


def _timeline(random: Random, *, counts_polls: bool) -> tuple[dict[str, Any], ...]:
    """Keyframes up to a second; the ids of their resources are left to mockflow."""
    frames: list[dict[str, Any]] = [{"at": "0s", "state": "PROVISIONING"}]
    time = 0
    for number in range(random.randint(0, 5)):
        time += random.randint(1, 250)
        frames.append({"at": f"{time}ms", "created": [_resource(random, number)]})
    time += random.randint(1, 250)
    last: dict[str, Any] = {"at": f"{time}ms", "state": "COMPLETED", "created": [_resource(random, 9)]}
    if random.random() < 0.3:
        last = {"at": f"{time}ms", "state": "FAILED", "error": f"org.example.Failed: no. {random.randint(1, 99)}"}
    frames.append(last)
    if counts_polls:  # the first segment has one moment, so that the number of the poll alone begins the second
        frames[1] = {**frames[1], "at": None, "at_poll": random.randint(2, 4)}
        del frames[1]["at"]
        base = 0
        for frame in frames[2:]:
            base += random.randint(1, 100)
            frame["at"] = f"{base}ms"
    return tuple(frames)


def _resource(random: Random, number: int) -> dict[str, str]:
    step = random.choice(STEPS)
    return {"workflow_step_name": step, "workflow_step_id": f"{step}_{number}"}
