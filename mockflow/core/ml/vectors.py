"""Vectors in place of those that a model would compute: the same text gives the same vector."""

import hashlib
import math
import struct
from typing import Final

MAX_DIMENSION: Final = 16_000
"""The largest dimension of a knn_vector field."""
_DIGITS: Final = 7
_TOKENS: Final = 64


def embedding(text: str, dimension: int) -> list[float]:
    """A vector of length 1. It says nothing about the meaning of the text."""
    vector = _numbers(text, dimension)
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return [round(number / length, _DIGITS) for number in vector]


def tokens(text: str) -> dict[str, float]:
    """The words of a text with weights between 0.5 and 2, as a sparse encoding has them; at most 64 of them."""
    words = dict.fromkeys("".join(mark if mark.isalnum() else " " for mark in text.lower()).split())
    return {word: round(1.25 + 0.75 * _numbers(word, 1)[0], 4) for word in list(words)[:_TOKENS]}


def relevance(query: str, text: str) -> float:
    """A score between 0 and 1: the share of the words of the query that the text has, then a hash of both."""
    wanted, given = set(tokens(query)), set(tokens(text))
    share = len(wanted & given) / len(wanted) if wanted else 0.0
    return round(0.9 * share + 0.05 * (1 + _numbers(f"{query}\0{text}", 1)[0]), _DIGITS)


def _numbers(text: str, count: int) -> list[float]:
    """Numbers from -1 to 1, the same for the same text."""
    digest = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(4 * count)
    return [number / 2**31 - 1 for number in struct.unpack(f"<{count}I", digest)]
