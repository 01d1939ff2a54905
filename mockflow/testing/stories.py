"""The stories in the report of a failed test: what it asked each cluster that it used."""

from collections.abc import Iterator

import pytest

from mockflow.handle import used
from mockflow.handle.cluster import ClusterHandle
from mockflow.handle.errors import MockFlowError
from mockflow.handle.journal import Told, with_hint


def stories(item: pytest.Item, error: BaseException | None) -> list[tuple[str, str]]:
    """A title and a text for each cluster that the test has used and that its error does not tell of.

    These are the clusters of its fixtures, and those that it started itself. If some were asked nothing, only the
    others are told of.
    """
    values = getattr(item, "funcargs", {}).values()
    of_fixtures = [value.transport for value in values if isinstance(value, ClusterHandle)]
    told = {one.source.url for one in _told(error)}
    found = [(use.source.url, _story(use)) for use in used.used(of_fixtures)]
    asked = [(url, story) for url, story in found if not story.startswith("mockflow received no requests")]
    if told and not asked:
        return []
    texts = {url: story for url, story in asked or found[:1] if url not in told}
    return [("mockflow" if len(texts) == 1 else f"mockflow at {url}", text) for url, text in texts.items()]


def _story(use: used.Use) -> str:
    try:
        return with_hint(use.story(), use.source.url)
    except MockFlowError as error:
        return f"(no story: {error})"


def _told(error: BaseException | None) -> Iterator[Told]:
    """The stories in the texts of an error and of those that it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield from (text for text in error.args if isinstance(text, Told))
        error = error.__cause__ or error.__context__
