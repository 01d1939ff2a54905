"""The most expensive requests about indices and documents, for `worst_inputs`."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.support.asks import Ask

JSON: Final = {"Content-Type": "application/json"}

Make = Callable[[int], Iterator[Ask]]


def _send(method: str, target: str, content: Any) -> Ask:
    return Ask(method, target, json.dumps(content).encode(), JSON)


def _bulk(documents: Iterator[Any]) -> Ask:
    lines = (f'{{"index":{{}}}}\n{json.dumps(document)}\n' for document in documents)
    return Ask("POST", "/books/_bulk", "".join(lines).encode(), JSON)


def _one(document: Callable[[int], Any], mapping: Any = None) -> Make:
    """A document of a size, in an index with a mapping."""

    def make(size: int) -> Iterator[Ask]:
        yield _send("PUT", "/books", {"mappings": mapping or {}})
        yield _send("PUT", "/books/_doc/1", document(size))

    return make


def _deep(mapping: Any) -> Make:
    def make(size: int) -> Iterator[Ask]:
        yield _send("PUT", "/books", {"mappings": mapping})
        yield Ask("PUT", "/books/_doc/1", b'{"a":' * size + b"1" + b"}" * size, JSON)

    return make


def _many(document: Callable[[int], Any]) -> Make:
    return lambda size: iter([_bulk(document(number) for number in range(size))])


def _updated(size: int) -> Iterator[Ask]:
    yield _send("PUT", "/books/_doc/1", {"a": 1})
    yield _send("POST", "/books/_update/1", {"doc": {"numbers": list(range(size))}})


def _filled(last: Callable[[int], Ask]) -> Make:
    """A request about many documents."""

    def make(size: int) -> Iterator[Ask]:
        yield _bulk({"title": f"w{number} word", "n": number} for number in range(size))
        yield last(size)

    return make


def _matched_in_fields(size: int) -> Iterator[Ask]:
    yield _send("PUT", "/books/_doc/1", {f"k{number}": "w1 w2" for number in range(min(size, 450))})
    text = " ".join(f"w{number}" for number in range(1_000))
    yield _send("POST", "/books/_search", {"query": {"multi_match": {"query": text, "fields": ["k*"] * 100}}})


def _searched_addresses(size: int) -> Iterator[Ask]:
    yield _send("PUT", "/books", {"mappings": {"properties": {"ip": {"type": "ip"}}}})
    yield _bulk({"ip": f"10.0.{number // 250 % 250}.{number % 250}"} for number in range(min(size, 10_000)))
    blocks = [f"10.{number // 250 % 250}.{number % 250}.0/24" for number in range(size)]
    yield _send("POST", "/books/_search", {"query": {"terms": {"ip": blocks}}})


def _capable(size: int) -> Iterator[Ask]:
    yield _send("PUT", "/books/_doc/1", {f"k{number}": 1 for number in range(size)})
    yield Ask("GET", "/_field_caps?fields=" + ",".join(["k*1"] * min(size, 900)), b"", JSON)


def _scrolled(size: int) -> Iterator[Ask]:
    yield from _filled(lambda _: _send("POST", "/_search?size=5000&scroll=1m", {}))(size)
    yield _send("POST", "/_search/scroll", {"scroll": "1m", "scroll_id": "{_scroll_id}"})


def _got(size: int) -> Iterator[Ask]:
    lines = (f'{{"index":{{"_id":"{n}"}}}}\n{{"title":"{"w" * 500}"}}\n' for n in range(size))
    yield Ask("POST", "/books/_bulk", "".join(lines).encode(), JSON)
    yield _send("POST", "/books/_mget", {"ids": [str(n) for n in range(size)]})


_CLAUSES: Final = [{"term": {"title": f"w{number}"}} for number in range(1_000)]
_TITLES: Final = {"match": {"title": " ".join(f"w{number}" for number in range(1_000))}}

MAKES: Final[tuple[tuple[str, Make, tuple[int, ...], tuple[int, ...]], ...]] = (
    ("bulk, many documents", _many(lambda n: {"title": f"book {n}", "pages": n}), (100, 50_000), (200,)),
    ("bulk, new fields", _many(lambda n: {f"k{n}": n}), (100, 10_000), (200,)),
    ("bulk, empty lines", lambda n: iter([Ask("POST", "/_bulk", b"\n" * n, JSON)]), (100, 5_000_000), (400,)),
    ("document, keys", _one(lambda n: {f"k{number}": 1 for number in range(n)}), (100, 300_000), (201, 400)),
    ("document, numbers", _one(lambda n: {"a": list(range(n))}), (100, 1_000_000), (201,)),
    ("document, objects", _one(lambda n: {"a": [{"b": number} for number in range(n)]}), (100, 300_000), (201,)),
    ("document, dots", _one(lambda n: {".".join("a" * n): 1}), (10, 100_000), (201, 400)),
    ("document, deep", _deep({}), (10, 10_000), (201, 400)),
    ("document, deep and off", _deep({"enabled": False}), (10, 10_000), (201, 400)),
    ("document, date", _one(lambda n: {"a": "2026-" + "1" * n}), (10, 1_000_000), (201,)),
    ("update, numbers", _updated, (100, 1_000_000), (200,)),
    (
        "search, many documents",
        _filled(lambda _: _send("POST", "/_search?size=10000", {"query": _TITLES})),
        (100, 20_000),
        (200,),
    ),
    (
        "search, sort",
        _filled(lambda _: _send("POST", "/books/_search", {"sort": ["title.keyword", "n"]})),
        (100, 50_000),
        (200,),
    ),
    (
        "search, sources",
        _filled(lambda _: _send("POST", "/_search?size=10000", {"_source": [f"*a*b{n}*" for n in range(500)]})),
        (100, 10_000),
        (200,),
    ),
    (
        "delete by query",
        _filled(lambda _: _send("POST", "/books/_delete_by_query", {"query": {"match_all": {}}})),
        (100, 50_000),
        (200,),
    ),
    (
        "delete by query, words",
        _filled(lambda _: _send("POST", "/books/_delete_by_query", {"query": _TITLES})),
        (100, 50_000),
        (200,),
    ),
    (
        "update by query",
        _filled(lambda _: _send("POST", "/books/_update_by_query", {"query": {"match_all": {}}})),
        (100, 50_000),
        (200,),
    ),
    (
        "update by query, words",
        _filled(lambda _: _send("POST", "/books/_update_by_query", {"query": {"wildcard": {"title": "*w*1*"}}})),
        (100, 50_000),
        (200,),
    ),
    (
        "search, many clauses",
        _filled(lambda _: _send("POST", "/_search?size=10000", {"query": {"bool": {"should": _CLAUSES}}})),
        (100, 20_000),
        (200,),
    ),
    (
        "scroll",
        _filled(lambda _: _send("POST", "/books/_search?size=10000&scroll=1m", {"sort": ["title.keyword"]})),
        (100, 50_000),
        (200,),
    ),
    ("scroll, next page", lambda n: _scrolled(n), (100, 50_000), (200,)),
    ("mget, found", lambda n: _got(n), (100, 10_000), (200,)),
    (
        "mget",
        _filled(lambda n: _send("POST", "/books/_mget", {"ids": [str(i) for i in range(n)]})),
        (100, 100_000),
        (200,),
    ),
    (
        "reindex",
        _filled(lambda _: _send("POST", "/_reindex", {"source": {"index": "books"}, "dest": {"index": "copies"}})),
        (100, 50_000),
        (200,),
    ),
    (
        "msearch, many searches",
        _filled(lambda n: Ask("POST", "/books/_msearch", b'{}\n{"query":{"match":{"title":"word"}}}\n' * n, JSON)),
        (100, 500),
        (200,),
    ),
    (
        "msearch, small searches",
        lambda n: iter([Ask("POST", "/_msearch", b"{}\n{}\n" * n, JSON)]),
        (100, 1_000, 100_000),
        (200, 400),
    ),
    ("search, multi_match", _matched_in_fields, (10, 900), (200, 500)),
    ("search, addresses", _searched_addresses, (100, 60_000), (200,)),
    (
        "search, names of queries",
        _filled(
            lambda _: _send(
                "POST",
                "/books/_search?size=10000",
                {"query": {"bool": {"should": [{"match_all": {"_name": f"q{i}"}} for i in range(500)]}}},
            )
        ),
        (100, 5_000),
        (200,),
    ),
    ("field capabilities", _capable, (10, 900), (200,)),
    (
        "bulk, dates in names",
        lambda n: iter([Ask("POST", "/_bulk", b'{"index":{"_index":"<a-{now/d}>"}}\n{}\n' * n, JSON)]),
        (100, 50_000),
        (200,),
    ),
    (
        "mapping, fields",
        lambda n: iter(
            [_send("PUT", "/books", {"mappings": {"properties": {f"k{i}": {"type": "long"} for i in range(n)}}})]
        ),
        (100, 100_000),
        (200, 400),
    ),
    (
        "aliases",
        lambda n: iter(
            [
                _send("PUT", "/books", {}),
                _send(
                    "POST", "/_aliases", {"actions": [{"add": {"index": "books", "alias": f"a{i}"}} for i in range(n)]}
                ),
            ]
        ),
        (100, 1_000, 100_000),
        (200, 400),
    ),
)
"""Name, requests, sizes and statuses of each kind."""
