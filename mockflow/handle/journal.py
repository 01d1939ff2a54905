"""The journal in Python: the requests of clients, and assertions about them."""

from typing import Any, Final
from urllib.parse import urlencode

from mockflow.core.base.durations import parse_duration
from mockflow.core.opensearch.rest_paths import problem_of_operation
from mockflow.handle import proxies
from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.errors import ExpectationError, MockFlowError
from mockflow.handle.transport import Transport
from mockflow.server.control.exchange import Exchange
from mockflow.server.control.polls import Polling, SeveralPolledError, WhichClock, polling_of


class Told(str):
    """The text of an assertion that has the story of a cluster, so that a report need not repeat it."""

    source: Transport


class JournalHandle:
    """The requests of clients and their responses, the oldest first.

    The last 10,000 exchanges since the start or the last reset are kept, with 64 KiB of each body, and 64 MiB of all
    large ones: older ones are cut short. Credentials in headers and bodies are hidden.

    >>> with MockFlow("scenarios/docs-example.yaml") as cluster:
    ...     deploy(cluster.url)
    ...     cluster.journal.assert_called("get_status", times=3)
    'COMPLETED'
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def requests(
        self, operation: str | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> list[Exchange]:
        """The exchanges; the arguments select those of one operation, workflow or HTTP status.

        `operation` is a name in the API specification. Requests without a response have status 0. Raises MockFlowError
        for one that OpenSearch has not.

        >>> [request.state for request in cluster.journal.requests("get_status")]
        []
        """
        return [Exchange.from_json(entry) for entry in self._read(operation, workflow_id, status)["exchanges"]]

    def clear(self) -> None:
        """Removes all exchanges; the numbering continues."""
        self._transport.ask("DELETE", "/journal")

    def polling(self, workflow_id: str | None = None) -> Polling:
        """The polls of a workflow; without an id, of the only one that was polled.

        Raises AssertionError if no id is given and several workflows were polled.
        """
        try:
            return polling_of(self.requests(workflow_id=workflow_id), workflow_id)
        except SeveralPolledError as error:
            message = str(error)
        raise self._failed(message, self.story())

    def story(self) -> str:
        """The requests, their responses and the timelines of the workflows, as the text that a failed assertion has."""
        return with_hint(str(self._transport.ask("GET", "/story")["story"]), self._transport.url)

    def assert_called(
        self, operation: str, *, times: int | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> None:
        """Raises AssertionError, with the story, unless there were `times` calls, by default at least one.

        `operation` is a name in the API specification, such as get_status, create, provision. Raises MockFlowError for
        one that OpenSearch has not.
        """
        wanted = {"operation": operation, "times": times, "workflow_id": workflow_id, "status": status}
        self._verify("called", wanted)

    def assert_polling(
        self,
        workflow_id: str | None = None,
        *,
        min_interval: Duration | None = None,
        max_interval: Duration | None = None,
        stops_after_terminal: bool = True,
        clock: WhichClock | None = None,
    ) -> None:
        """Raises AssertionError, with the story, if polls were too frequent, too rare, missing, or went on too long.

        `stops_after_terminal` forbids polls after COMPLETED or FAILED, until a request begins another run. `clock` is
        the clock that measures intervals, ``virtual`` or ``wall``. The default is virtual, but wall for polls that were
        made in mode auto, where the polls themselves move the time. `workflow_id` defaults to the only workflow that
        was polled.
        """
        wanted = {
            "workflow_id": workflow_id,
            "min_interval": _limit("min_interval", min_interval),
            "max_interval": _limit("max_interval", max_interval),
            "stops_after_terminal": stops_after_terminal,
            "clock": clock,
        }
        self._verify("polling", wanted)

    def _verify(self, what: str, wanted: dict[str, Any]) -> None:
        written = {name: value for name, value in wanted.items() if value is not None}
        try:
            self._transport.ask("POST", "/verify", {what: written})
        except ExpectationError as error:
            message, story = str(error), error.story
        else:
            return
        raise self._failed(message, story)  # outside of except: pytest prints an error's context

    def _read(
        self, operation: str | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> dict[str, Any]:
        if operation is not None and (problem := problem_of_operation(operation)):
            raise MockFlowError(problem)
        wanted = {"operation": operation, "workflow_id": workflow_id, "status": status}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        exchanges: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:  # in pages, so that no request takes long
            page = self._transport.ask("GET", f"/journal?after={after}&limit={_PAGE}&{query}".rstrip("&"))
            exchanges += page["exchanges"]
            after = page["next"]
        return {**page, "exchanges": exchanges}

    def _failed(self, message: str, story: str) -> AssertionError:
        told = Told(f"{message}\n\n{with_hint(story, self._transport.url)}")
        told.source = self._transport
        return AssertionError(told)


def with_hint(story: str, url: str) -> str:
    """The story; where there were no requests, with the reason that the environment gives for it."""
    reason = proxies.hint(url) if story.startswith("mockflow received no requests") else ""
    return f"{story}\n{reason}" if reason and reason not in story else story


def _limit(name: str, bound: Duration | None) -> str | None:
    """A bound in the form that the control API takes. Raises MockFlowError for a bad one, with its name."""
    if bound is None:
        return None
    try:
        written = milliseconds(bound)
        parse_duration(written)
    except ValueError as error:
        raise MockFlowError(f"{name}: {error}") from None
    return written


_PAGE: Final = 200  # exchanges
