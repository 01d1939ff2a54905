"""CBOR and Smile: bytes as RFC 8949 and the Smile specification have them, and where answers are written so."""

import struct
from typing import Any, Final

import pytest

from mockflow.server.rest.cbor_writer import cbor
from mockflow.server.rest.smile_writer import smile
from tests.support.server import WORKFLOW, Server

HEAD: Final = b":)\n\x05"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, b"\xbf\xff"),
        ([1, [True, False, None]], b"\x9f\x01\x9f\xf5\xf4\xf6\xff\xff"),
        ({"a": "ü"}, b"\xbf\x61a\x62\xc3\xbc\xff"),
        (23, b"\x17"),
        (24, b"\x18\x18"),
        (-1, b"\x20"),
        (-256, b"\x38\xff"),
        (400, b"\x19\x01\x90"),
        (1 << 16, b"\x1a\x00\x01\x00\x00"),
        (1_767_225_600_000, b"\x1b" + (1_767_225_600_000).to_bytes(8, "big")),
        (1.5, b"\xfb" + struct.pack(">d", 1.5)),
        ("x" * 24, b"\x78\x18" + b"x" * 24),
    ],
)
def test_cbor(value: Any, written: bytes) -> None:
    assert cbor(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, b"\xfa\xfb"),
        ([True, False, None, ""], b"\xf8\x23\x22\x21\x20\xf9"),
        ({"a": "b", "c": {"a": "b"}}, b"\xfa\x80a\x40b\x80c\xfa\x40\x40b\xfb\xfb"),
        ([0, -1, 15, -16], b"\xf8\xc0\xc1\xde\xdf\xf9"),
        (16, b"\x24\xa0"),
        (400, b"\x24\x0c\xa0"),
        (1 << 31, b"\x25\x20\x00\x00\x00\x80"),
        ("x" * 33, b"\x60" + b"x" * 33),
        ("x" * 65, b"\xe0" + b"x" * 65 + b"\xfc"),
        ("ü", b"\x80\xc3\xbc"),
        ("ü" * 33, b"\xe4" + "ü".encode() * 33 + b"\xfc"),
        ({"ü": 1}, b"\xfa\xc0\xc3\xbc\xc2\xfb"),
        ({"k" * 65: 1, "": 2}, b"\xfa\x34" + b"k" * 65 + b"\xfc\xc2\x20\xc4\xfb"),
        (1.0, b"\x29\x00\x3f\x78\x00\x00\x00\x00\x00\x00\x00"),
    ],
)
def test_smile(value: Any, written: bytes) -> None:
    assert smile(value) == HEAD + written


def test_smile_names_are_numbered_in_the_order_of_their_first_use() -> None:
    names = [f"n{number}" for number in range(1030)]
    written = smile([dict.fromkeys(names), {"n1": None}, {"n1029": None}, {"n254": None}])
    tail = written[-21:]
    assert tail.endswith(b"\xf9")
    assert b"\x45\x21" in tail, "after 1,024 names the numbers begin anew: n1029 is the sixth"
    assert b"\x81n1\x21" in tail
    assert b"\x83n254\x21" in tail


@pytest.mark.parametrize(
    ("query", "headers", "content_type"),
    [
        ("?format=cbor", {}, "application/cbor"),
        ("?format=SMILE", {}, "application/smile"),
        ("", {"Accept": "application/cbor"}, "application/cbor"),
        ("", {"Accept": "application/smile"}, "application/smile"),
        ("?format=cbor", {"Accept": "application/smile"}, "application/cbor"),
        ("?format=json", {"Accept": "application/smile"}, "application/json; charset=UTF-8"),
    ],
)
async def test_answers(server: Server, query: str, headers: dict[str, str], content_type: str) -> None:
    answer = await server.ask(f"{WORKFLOW}/nope{query}", headers=headers)
    assert (answer.status, answer.header("content-type")) == (404, content_type)
    error = {"error": "Failed to retrieve template (nope) from global context."}
    if content_type == "application/cbor":
        assert answer.body == cbor(error)
    if content_type == "application/smile":
        assert answer.body == smile(error)


async def test_a_refused_body_is_answered_in_its_own_format(server: Server) -> None:
    answer = await server.ask(WORKFLOW, "POST", '{"name":"x"}', {"Content-Type": "application/cbor"})
    assert (answer.status, answer.header("content-type")) == (400, "application/cbor")
    assert answer.body == cbor({"error": "IOException: template content invalid for specified Content-Type."})
