"""Helpers of the official clients on documents: bulk and scan of opensearch-py, bulk and scroll of opensearch-js."""

import inspect
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from opensearchpy import AsyncOpenSearch, NotFoundError, OpenSearch, helpers

from tests.support.npm import told_by

pytestmark = pytest.mark.process

FOLDER: Final = Path(__file__).parent / "node"
BOOKS: Final[list[dict[str, Any]]] = [{"title": f"book {n}", "pages": n} for n in range(25)]


async def _awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


class Library:
    """The client with the helpers of its kind, sync or async."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.is_async = isinstance(client, AsyncOpenSearch)

    async def bulk(self, actions: Any, **options: Any) -> Any:
        return await _awaited((helpers.async_bulk if self.is_async else helpers.bulk)(self.client, actions, **options))

    async def scan(self, **options: Any) -> list[Any]:
        if self.is_async:
            return [hit async for hit in helpers.async_scan(self.client, **options)]
        return list(helpers.scan(self.client, **options))

    async def ask(self, call: Any, **options: Any) -> Any:
        return await _awaited(call(**options))


@pytest.fixture(params=["sync", "async"])
async def library(url: str, request: pytest.FixtureRequest) -> AsyncIterator[Library]:
    client = (OpenSearch if request.param == "sync" else AsyncOpenSearch)(url)
    yield Library(client)
    await _awaited(client.close())


async def test_what_bulk_writes_scan_reads(library: Library) -> None:
    client = library.client
    mapping = {"mappings": {"properties": {"pages": {"type": "integer"}}}}
    await library.ask(client.indices.create, index="books", body=mapping)
    actions: Iterator[Any] = ({"_index": "books", "_id": str(n), **book} for n, book in enumerate(BOOKS))
    assert await library.bulk(actions, chunk_size=10, refresh=True) == (25, [])
    hits = await library.scan(index="books", size=10, query={"query": {"range": {"pages": {"gte": 5}}}})
    assert [hit["_source"] for hit in hits] == BOOKS[5:]
    assert await library.scan(index="books", size=7, preserve_order=True, query={"sort": [{"pages": "desc"}]}) != hits
    many = [{"_op_type": "delete", "_index": "books", "_id": str(n)} for n in range(20)]
    many += [{"_index": "books", "_id": "x", "pages": "many"}]
    done, errors = await library.bulk(many, raise_on_error=False)
    assert (done, [error["index"]["error"]["type"] for error in errors]) == (20, ["mapper_parsing_exception"])
    assert (await library.ask(client.count, index="books"))["count"] == 5
    told = await library.ask(client.update, index="books", id="24", body={"doc": {"pages": 1}})
    assert told["result"] == "updated"
    found = await library.ask(client.search, index="books", body={"query": {"match": {"title": "24"}}})
    assert [hit["_source"] for hit in found["hits"]["hits"]] == [{"title": "book 24", "pages": 1}]
    await library.ask(client.indices.delete, index="books")
    with pytest.raises(NotFoundError):
        await library.ask(client.get, index="books", id="24")


def test_the_helpers_of_node(url: str) -> None:
    told = told_by(FOLDER, "documents.mjs", url)
    titles = [book["title"] for n, book in enumerate(BOOKS) if n != 7]
    assert (told["successful"], told["failed"], told["count"], told["titles"]) == (24, 1, 24, titles)
    assert told["dropped"] == [[400, "mapper_parsing_exception"]]
    assert told["hits"] == [{"title": "book 12", "pages": 12}]
