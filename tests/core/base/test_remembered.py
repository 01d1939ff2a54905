"""Results are remembered for short texts alone."""

from mockflow.core.base.remembered import remember_short


def test_the_results_of_short_texts_are_remembered_and_those_of_long_ones_are_not() -> None:
    asked: list[str] = []

    @remember_short(2, longest=3)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    assert [length(text) for text in ("abc", "abc", "abcd", "abcd")] == [3, 3, 4, 4]
    assert asked == ["abc", "abcd", "abcd"]
    assert [length(text) for text in ("a", "b", "abc")] == [1, 1, 3]
    assert asked[3:] == ["a", "b", "abc"], "two are remembered"
