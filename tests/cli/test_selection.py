"""Which workflows `mockflow show --live` draws, and the keys that choose them."""

from typing import Any, Final

import pytest

from mockflow.cli.selection import Selection

WORKFLOWS: Final[dict[str, dict[str, Any]]] = {
    f"w{number}": {"scenario": "even" if number % 2 == 0 else None, "state": "COMPLETED" if number < 3 else "FAILED"}
    for number in range(10)
}
ROOM: Final = 3


def shown(selection: Selection, touched: dict[str, int] | None = None) -> tuple[list[str], int]:
    names, matching = selection.shown(WORKFLOWS, touched or {}, ROOM)
    return list(names), matching


def test_the_latest_in_the_order_of_the_list() -> None:
    assert shown(Selection(), {"w7": 3, "w1": 2, "w9": 1}) == (["w1", "w7", "w9"], 10)


@pytest.mark.parametrize(
    ("pressed", "names"),
    [
        (["down"], ["w1", "w2", "w3"]),
        (["up"], ["w0", "w1", "w2"]),
        (["j", "j", "k"], ["w1", "w2", "w3"]),
        (["page down", " "], ["w6", "w7", "w8"]),
        (["end"], ["w7", "w8", "w9"]),
        (["G", "down", "page up"], ["w4", "w5", "w6"]),
        (["end", "home"], ["w0", "w1", "w2"]),
        (["?", "x", "down"], ["w1", "w2", "w3"]),
    ],
    ids=str,
)
def test_scrolling(pressed: list[str], names: list[str]) -> None:
    selection = Selection()
    for key in pressed:
        selection.press(key, ROOM)
        shown(selection)  # brings it back to the list after each key
    assert shown(selection)[0] == names


def test_typing_a_filter() -> None:
    selection = Selection()
    for key in ("/", "e", "v", "x", "backspace", " ", "F", "a", "enter"):
        selection.press(key, ROOM)
    assert (selection.words, selection.is_typing) == ("ev Fa", False)
    assert shown(selection) == (["w4", "w6", "w8"], 3)
    selection.press("/", ROOM)
    selection.press("escape", ROOM)
    assert (selection.words, shown(selection)[1]) == ("", 10)


@pytest.mark.parametrize(("words", "matching"), [("w?", 10), ("COMPLETED", 3), ("even failed", 3), ("[12]", 0)])
def test_words(words: str, matching: int) -> None:
    assert shown(Selection(words))[1] == matching
