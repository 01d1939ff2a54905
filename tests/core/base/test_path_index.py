"""Patterns are found by path as if each were compared."""

from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.path_index import PathIndex
from mockflow.core.base.path_pattern import parse_pattern

SEGMENTS = ("a", "b", "*", "a*", "{x}", "{y}b")
patterns = st.builds(
    lambda method, segments, rest: f"{method}/{'/'.join(segments)}{rest}",
    st.sampled_from(["", "GET "]),
    st.lists(st.sampled_from(SEGMENTS), max_size=3, unique=True),
    st.sampled_from(["", "/**"]),
)
paths = st.builds(
    lambda segments: f"/{'/'.join(segments)}", st.lists(st.sampled_from(["a", "b", "ab", "c"]), max_size=4)
)


@given(st.lists(patterns, max_size=8), st.sets(st.integers(0, 7)), paths)
def test_every_pattern_that_matches_is_found(texts: list[str], removed: set[int], path: str) -> None:
    index: PathIndex[int] = PathIndex()
    for number, text in enumerate(texts):
        index.add(parse_pattern(text), number)
    for number in removed & set(range(len(texts))):
        index.remove(parse_pattern(texts[number]), number)
    there = [number for number in range(len(texts)) if number not in removed]
    matching = [number for number in there if parse_pattern(texts[number]).values(path) is not None]
    found = index.find(path)
    assert set(matching) <= set(found) <= set(there)
    assert len(found) == len(set(found))
    assert set(index.near(path, 100)) == set(there)
    assert index.near(path, len(found))[: len(found)] == found


def test_an_index_from_which_all_is_removed_is_empty() -> None:
    index: PathIndex[int] = PathIndex()
    for number in range(100):
        index.add(parse_pattern(f"/a/{number}/{{x}}"), number)
    assert index.find("/a/7/x") == [7]
    for number in range(100):
        index.remove(parse_pattern(f"/a/{number}/{{x}}"), number)
    assert (index._shapes, index._beginnings) == ({}, {})


def test_paths_with_the_longest_common_beginning_are_near() -> None:
    index: PathIndex[str] = PathIndex()
    for text in ("/other", "/a/b/c", "/a/x", "/a/b/d"):
        index.add(parse_pattern(text), text)
    assert index.near("/a/b/none", 2) == ["/a/b/c", "/a/b/d"]
    assert index.near("/a/b/none", 9) == ["/a/b/c", "/a/b/d", "/a/x", "/other"]
