"""The scenario language's faults: which requests fail, when, and how."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, PrivateAttr, WithJsonSchema, model_validator

from mockflow.core.base.durations import DURATION_PATTERN, parse_duration
from mockflow.core.base.findings import quoted
from mockflow.core.base.model import Model, Name, Text, suggested
from mockflow.core.base.path_pattern import parse_pattern
from mockflow.core.base.suggest import closest, did_you_mean
from mockflow.core.faults.delay import HeldBack, refused
from mockflow.core.faults.presets import PRESETS
from mockflow.core.opensearch.operations import OPERATIONS
from mockflow.core.plugin.status import STATES
from mockflow.core.script.plan import Duration

Connection = Literal["reset", "empty", "truncate", "wrong_length", "garbage", "stall", "drip", "lost_reply"]
CONNECTIONS: Final = get_args(Connection)
WITHOUT_ANSWER: Final = frozenset({"reset", "empty", "garbage", "lost_reply"})
"""The kinds after which the client gets no response."""
WITHOUT_ACTION: Final = frozenset({"reset", "empty", "garbage"})
"""The kinds with which the request takes no effect."""


# -- which requests: on ------------------------------------------------------------------------------

ANY: Final = "any"


def _targets(value: object) -> object:
    """One word or a list of words, each an operation, any, or a path pattern."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words or not all(isinstance(word, str) for word in words):
        raise refused("must be an operation, a list of them, any, or a path; such as get_status or /_plugins/_ml/*")
    for word in words:
        if "/" in word:
            try:
                parse_pattern(word)
            except ValueError as error:
                raise refused(f"{quoted(word)} is not a path; {error}") from None
        elif word != ANY and word not in OPERATIONS:
            raise refused(f"unknown operation {quoted(word)}; {_advice(word)}")
    return tuple(words)


def _advice(word: str) -> str:
    advice = did_you_mean(word, (ANY, *OPERATIONS))
    return advice if advice.startswith("did") else "such as get_status, provision, any, or a path like /_plugins/_ml/*"


_ON_SCHEMA: Final = {"type": "string", "anyOf": [{"enum": [ANY, *OPERATIONS]}, {"pattern": "^([A-Z]+ )?/"}]}
On = Annotated[
    tuple[str, ...],
    BeforeValidator(_targets),
    WithJsonSchema({"anyOf": [_ON_SCHEMA, {"type": "array", "items": _ON_SCHEMA, "minItems": 1}]}),
]


# -- when --------------------------------------------------------------------------------------------

_RANGE: Final = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})?")


def parse_range(text: str) -> tuple[int, int | None]:
    """``"2..4"`` -> (2, 4); ``"2.."`` -> (2, None)."""
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{quoted(text)} is not a range of calls; write 2..4, or 2.. for all from the second on")
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if first < 1:
        raise ValueError("calls count from 1")
    if last is not None and last < first:
        raise ValueError(f"{quoted(text)} ends before it begins; write {last}..{first}")
    return first, last


def parse_window(text: str) -> tuple[int, int | None]:
    """``"1s..2s"`` -> (1000, 2000) in ms, the end excluded; ``"1s.."`` -> (1000, None)."""
    begin, dots, end = text.partition("..")
    if not dots:
        raise ValueError(f"{quoted(text)} is not a window of time; write 1s..2s, or 1s.. without an end")
    first, last = parse_duration(begin.strip()), parse_duration(end.strip()) if end.strip() else None
    if last is not None and last <= first:
        raise ValueError(f"{quoted(text)} ends before it begins; the first time is the earlier one")
    return first, last


def _checked(parse: Any, what: str) -> BeforeValidator:
    def check(value: object) -> object:
        if not isinstance(value, str):
            raise refused(f"must be {what}")
        try:
            parse(value)
        except ValueError as error:
            raise refused(str(error)) from None
        return value

    return BeforeValidator(check)


Calls = Annotated[
    str, _checked(parse_range, "a range such as 2..4"), WithJsonSchema({"type": "string", "pattern": _RANGE.pattern})
]
Window = Annotated[
    str,
    _checked(parse_window, "a window of time such as 1s..2s"),
    WithJsonSchema({"type": "string", "examples": ["1s..2s", "500ms.."], "pattern": r"^.+\.\..*$"}),
]


class While(Model):
    """A condition on the workflow."""

    state: Annotated[Name, suggested(STATES)] = Field(description="The workflow's state.")


# -- what: respond -----------------------------------------------------------------------------------


def _known_preset(value: object) -> object:
    if isinstance(value, str) and value not in PRESETS:
        match = closest(value, PRESETS)
        raise refused(
            f"unknown preset {quoted(value)}; " + (f"did you mean {match}?" if match else "mockflow presets lists them")
        )
    if isinstance(value, int) and not isinstance(value, bool):
        raise refused(f"must be a preset or a mapping, not {value}; write {{status: {value}}}")
    return {"preset": value} if isinstance(value, str) else value


def _preset_name(value: object) -> object:
    if isinstance(value, str):
        _known_preset(value)
    return value


class Respond(Model):
    """A scripted response: a preset, or status, headers and body."""

    preset: Annotated[Name, BeforeValidator(_preset_name), WithJsonSchema({"enum": list(PRESETS)})] | None = Field(
        default=None, description="A predefined response; `mockflow presets` lists them."
    )
    status: Annotated[int, Field(ge=200, le=599)] | None = Field(
        default=None, description="The HTTP status. Default: 200."
    )
    headers: dict[Name, Text] = Field(default={}, description="Headers that are added or replaced.")
    body: Any = Field(
        default=None,
        description="The body: text, or anything else as JSON. {{path.id}}, {{query.x}}, {{header.x}}, {{body.x}}, "
        "{{workflow.state}} and {{now}} stand for values of the request, the workflow and the clock.",
    )
    body_file: Name | None = Field(
        default=None, description="A file with the body, relative to the folder of the scenario's file."
    )
    _file_content: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _one_answer(self) -> "Respond":
        written = self.model_fields_set
        if self.preset is not None and written & {"status", "body", "body_file"}:
            raise refused(f"a preset has its own status and body; leave out {', '.join(sorted(written - _BESIDE))}")
        if {"body", "body_file"} <= written:
            raise refused("body and body_file; keep one of the two")
        if self.status in _WITHOUT_BODY and (self.body is not None or self.body_file is not None):
            raise refused(f"a response with status {self.status} has no body; leave it out, or write another status")
        if not written:
            raise refused("respond is empty; write a preset, or {status, headers, body}")
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name):
                raise refused(f"{quoted(name)} is not a header name; use letters, digits and -", key="headers")
            if name.lower() in _FRAMING:
                raise refused(f"{name} follows from the body; connection: wrong_length breaks it", key="headers")
            if any(ord(mark) < 32 or ord(mark) == 127 for mark in value):
                raise refused(f"the header {name} has a line break or another control character", key="headers")
        return self

    @property
    def content(self) -> Any:
        """The body, or the content of its file."""
        return self._file_content if self.body_file is not None else self.body

    def with_file_content(self, content: Any) -> "Respond":
        """A copy with the content of its file."""
        copy = self.model_copy()
        copy._file_content = content
        return copy


_FRAMING: Final = {"content-length", "transfer-encoding", "connection", "content-encoding"}
_WITHOUT_BODY: Final = {204, 304}
_BESIDE: Final = {"preset", "headers"}
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
Answer = Annotated[Respond, BeforeValidator(_known_preset)]


# -- the fault ---------------------------------------------------------------------------------------


class Fault(Model):
    """Which requests it acts on, when, and what it does. All conditions must hold."""

    name: Name | None = Field(
        default=None, description="Its name in journal and coverage. Default: a description of the fault."
    )
    on: On = Field(
        description="Which requests: an operation of the API specification such as get_status, a list of them, any, "
        "or a path pattern such as GET /_plugins/_ml/models/{id} or /_plugins/**."
    )
    scope: Literal["workflow", "cluster"] | None = Field(
        default=None,
        description="workflow (the default): requests for the scenario's own workflows; cluster: every request.",
    )
    call: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        default=None, description="Only the call with this number, counted from 1."
    )
    calls: Calls | None = Field(default=None, description="Only these calls: 2..4, or 2.. for all from the second on.")
    every: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        default=None, description="Every n-th call: 3 means the third, the sixth and so on."
    )
    during: Window | None = Field(
        default=None, description="While the run's elapsed time is within this window, such as 1s..2s."
    )
    while_: While | None = Field(default=None, alias="while", description="While the workflow is in this state.")
    probability: (
        Annotated[float, Field(gt=0, le=1), BeforeValidator(lambda v: float(v) if type(v) is int else v)] | None
    ) = Field(
        default=None, description="The share of calls, above 0 and up to 1; the same seed selects the same calls."
    )
    respond: Answer | None = Field(default=None, description="The response: a preset or {status, headers, body}.")
    performed: bool = Field(
        default=False,
        description="true: the request takes effect, and only its response is replaced by respond, as with a proxy "
        "that did not wait for it.",
    )
    delay: HeldBack | None = Field(default=None, description="How long the response is held back, in wall time.")
    connection: Connection | None = Field(
        default=None,
        description="How the connection breaks. reset, empty, garbage: the request takes no effect. lost_reply: it "
        "takes effect and gets no response. truncate, wrong_length, stall, drip: the response is incomplete or slow.",
    )
    over: Duration | None = Field(
        default=None, description="How long drip takes for the response, in wall time. Default: 5s."
    )

    optional: bool = Field(
        default=False, description="true: a strict test passes although the fault never acts, as with probability."
    )

    @property
    def moves_time(self) -> bool:
        """Whether a call that it answers moves time in mode auto.

        It does if the fault ends by time or state, not by count or chance.
        """
        ends_by_count = (
            self.call is not None
            or (self.every or 1) > 1
            or (self.probability or 1) < 1
            or (self.calls is not None and parse_range(self.calls)[1] is not None)
        )
        return (self.during is not None or self.while_ is not None) and not ends_by_count

    @property
    def label(self) -> str:
        """Its name, or a description."""
        return self.name or f"{' '.join(filter(None, [', '.join(self.on), self._when()]))}: {self._what()}"

    def _when(self) -> str:
        conditions: dict[str, Any] = {
            "call": self.call,
            "calls": self.calls,
            "every": self.every,
            "during": self.during,
            "while": self.while_ and self.while_.state,
            "probability": self.probability,
        }
        return " ".join(f"{key} {value}" for key, value in conditions.items() if value is not None)

    def _what(self) -> str:
        respond = (self.respond.preset or str(self.respond.status or 200)) if self.respond else None
        delay = "delay" if self.delay else None
        return " ".join(filter(None, [respond, self.connection, delay]))


SHORT_FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Respond": {"enum": list(PRESETS)},
    "Delay": {"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"const": 0}]},
}
"""The JSON Schemas of short forms: model -> schema."""
