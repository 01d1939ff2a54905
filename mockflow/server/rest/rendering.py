"""The form of a response body: format, pretty, filter_path (docs/reference/opensearch.md, "Rendering")."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from mockflow.core.base.json_writer import compact, pretty
from mockflow.core.plugin.status import Document
from mockflow.server.http.messages import ACCEPT, CONTENT_TYPE, JSON_TYPE, TEXT_TYPE, Request
from mockflow.server.rest.call import body_format
from mockflow.server.rest.cbor_writer import CBOR_TYPE, cbor
from mockflow.server.rest.errors import Refusal, illegal_argument, with_stack_trace
from mockflow.server.rest.filter_path import filter_paths
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.smile_writer import SMILE_TYPE, smile
from mockflow.server.rest.yaml_writer import yaml

YAML_TYPE: Final = "application/yaml"
Format = Literal["json", "yaml", "cbor", "smile"]


class Style:
    """The form of the response that a request selects."""

    __slots__ = ("error_trace", "filter_path", "format", "pretty")

    def __init__(
        self, format: Format = "json", pretty: bool = False, filter_path: str = "", error_trace: bool = False
    ) -> None:
        self.format: Format = format
        self.pretty = pretty
        self.filter_path = filter_path
        self.error_trace = error_trace

    def body(self, content: Document | Any) -> tuple[bytes, str]:
        """The body's bytes and content type."""
        if isinstance(content, str):
            return content.encode(), TEXT_TYPE
        if isinstance(content, Document):
            if self.is_plain:
                return content.json, JSON_TYPE
            content = content.value
        if self.filter_path:
            try:
                content = filter_paths(content, self.filter_path)
            except ValueError as error:
                raise illegal_argument(str(error)) from None
            except RecursionError:
                raise illegal_argument(_TOO_DEEP) from None
        return self.written(content)

    def error_body(self, refusal: Refusal) -> tuple[bytes, str]:
        """An error's body and content type; filter_path does not apply to it."""
        if refusal.text is not None:
            return refusal.text.encode(), TEXT_TYPE
        return self.written(with_stack_trace(refusal.body) if self.error_trace else refusal.body)

    def made_pretty(self) -> "Style":
        """The same, pretty-printed."""
        return Style(self.format, True, self.filter_path, self.error_trace)

    @property
    def is_plain(self) -> bool:
        """Whether it is compact JSON without a filter."""
        return self.format == "json" and not self.pretty and not self.filter_path

    @property
    def effort(self) -> int:
        """How many times as long as compact JSON it takes to write: YAML is slow, and each path is followed."""
        return 1 + 20 * (self.format == "yaml") + len(self.filter_path)

    def written(self, content: Any) -> tuple[bytes, str]:
        """The unfiltered content in the selected format."""
        if self.format in _WRITERS:
            write, content_type = _WRITERS[self.format]
            try:
                return write(content), content_type
            except RecursionError:
                raise illegal_argument(_TOO_DEEP) from None
        return (pretty if self.pretty else compact)(content), JSON_TYPE


_TOO_DEEP: Final = "the response is nested too deep for this format or filter_path; request it as JSON without a filter"
_WRITERS: Final[Mapping[str, tuple[Callable[[Any], bytes], str]]] = {
    "yaml": (yaml, YAML_TYPE),
    "cbor": (cbor, CBOR_TYPE),
    "smile": (smile, SMILE_TYPE),
}
_FORMATS: Final[Mapping[str | None, Format]] = {"json": "json", "yaml": "yaml", "cbor": "cbor", "smile": "smile"}

PLAIN: Final = Style()
_PARAMETERS: Final = frozenset({"pretty", "human", "error_trace", "filter_path"})


def style_of(request: Request, values: Mapping[str, str]) -> Style:
    """Reads format, pretty, human, error_trace and filter_path, before routing. Raises Refusal for bad values."""
    format = _format(request, values)
    if values.keys().isdisjoint(_PARAMETERS):
        return PLAIN if format == "json" else Style(format)
    parameters = Parameters(values, {})
    parameters.boolean("human")
    return Style(
        format=format,
        pretty=parameters.boolean("pretty"),
        filter_path=values.get("filter_path", ""),
        error_trace=parameters.boolean("error_trace"),
    )


def _format(request: Request, values: Mapping[str, str]) -> Format:
    """From `format`, else Accept, else the body's Content-Type."""
    if "format" in values and (wanted := values["format"].lower()) in _FORMATS:
        return _FORMATS[wanted]
    accept = request.headers.get(ACCEPT)
    content_type = request.headers.get(CONTENT_TYPE)
    own = None if content_type is None else body_format(content_type)
    if accept and accept != "*/*":
        try:
            own = body_format(accept) or own
        except Refusal:
            pass
    return _FORMATS.get(own, "json")
