"""Lists that share their entries are lists as any other, and so are the differences between them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.plugin.resource_list import Differences, ResourceList
from mockflow.core.plugin.status import Resource


def resource(number: int) -> Resource:
    return {"workflow_step_name": "n", "workflow_step_id": f"{number}", "resource_type": "t", "resource_id": "i"}


resources = st.lists(st.integers(0, 5).map(resource), max_size=8)


@given(resources, st.lists(st.tuples(st.integers(0, 9), resources), max_size=6))
def test_a_list_that_follows_another_leaves_it_alone(first: list[Resource], more: list[tuple[int, Any]]) -> None:
    lists, plain = [ResourceList(first)], [first]
    for number, entries in more:  # any of them is followed, some by several
        place = number % len(lists)
        lists.append(lists[place].followed_by(entries))
        plain.append(plain[place] + entries)
    assert [one.entries() for one in lists] == plain
    assert list(map(len, lists)) == list(map(len, plain))
    assert [[one == other for other in lists] for one in lists] == [[one == other for other in plain] for one in plain]
    assert [[one.after(other) for other in lists] for one in lists] == [
        [one[len(other) :] if one[: len(other)] == other else None for other in plain] for one in plain
    ]


@given(resources, st.sets(st.integers(0, 7)))
def test_what_remains_while_entries_go(entries: list[Resource], places: set[int]) -> None:
    going = [entry for place, entry in reversed(list(enumerate(entries))) if place in places]
    remaining = [one.entries() for one in ResourceList(entries).without(going)]
    assert remaining == [[one for one in entries if one not in going[:number]] for number in range(1, len(going) + 1)]


@given(resources, st.lists(st.tuples(st.sampled_from(["new", "more", "fewer"]), resources), max_size=6))
def test_the_differences_are_those_of_plain_lists(before: list[Resource], steps: list[tuple[str, Any]]) -> None:
    differences, held, shared = Differences(before), before, ResourceList(before)
    for kind, entries in steps:
        if kind == "fewer":
            following = list(shared.without([one for one in reversed(shared.entries()) if one in entries]))
        else:
            following = [shared.followed_by(entries) if kind == "more" else ResourceList(entries)]
        for shared in following:
            listed = shared.entries()
            created = [one for one in listed if one not in held]
            gone = [one for one in held if one not in listed]
            assert differences.to(shared) == (created, gone)
            held = listed


def test_lists_that_follow_one_another_hold_each_entry_once() -> None:
    """A thousand lists of up to a thousand entries are views of one list."""
    lists = [ResourceList()]
    for number in range(1000):
        lists.append(lists[-1].followed_by([resource(number)]))
    assert len({id(one._head) for one in lists}) == 1
    remaining = list(lists[-1].without(lists[-1].entries()[::-1]))
    assert len({id(one._head) for one in remaining}) == 1
    assert len(remaining[499]) == 500
