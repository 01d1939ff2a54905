"""Scenario files that are edited: which versions are in force, and what is told."""

from collections.abc import Mapping

import pytest

from mockflow.core.scenario.model import Scenario
from mockflow.loading.edits import Files, begun, edited
from mockflow.loading.load import FileVersion, load_text, read_versions, version_of

Texts = Mapping[str, str]


def versions(texts: Texts) -> dict[str, FileVersion]:
    return {file: version_of(text, file) for file, text in texts.items()}


def after(*stages: Texts, others: Mapping[str, tuple[Scenario, str]] = {}) -> Files:
    first, *more = stages
    files = begun(versions(first))
    for texts in more:
        files = edited(files, versions(texts), others)
    return files


def held(files: Files) -> dict[str, str | None]:
    """The scenarios in force and their workflows."""
    return {located.scenario.scenario: located.scenario.workflow_id for located in files.scenarios}


def told(files: Files) -> list[str]:
    return [str(problem) for problem in files.problems]


def one(name: str, workflow_id: str | None = None) -> str:
    return f"scenario: {name}\nworkflow_id: {workflow_id or name}\n"


BROKEN = "scenario: a\nworkflow: a\n"
SAYS = 'a.yaml:2:1: unknown key "workflow"; did you mean workflow_id?'


# -- one file ------------------------------------------------------------------------------------------


def test_a_good_edit_is_in_force() -> None:
    files = after({"a.yaml": one("a")}, {"a.yaml": one("a", "other")})
    assert (held(files), told(files)) == ({"a": "other"}, [])


def test_a_broken_edit_keeps_the_last_good_version_and_is_told() -> None:
    files = after({"a.yaml": one("a")}, {"a.yaml": one("a", "v2")}, {"a.yaml": BROKEN})
    assert (held(files), told(files)) == ({"a": "v2"}, [SAYS])


def test_one_broken_document_keeps_all_of_its_file() -> None:
    good = one("a") + "---\n" + one("b")
    files = after({"a.yaml": good}, {"a.yaml": one("a", "v2") + "---\nscenario: b\nworkflow: b\n"})
    assert (held(files), len(told(files))) == ({"a": "a", "b": "b"}, 1)


def test_a_broken_file_leaves_the_others_alone() -> None:
    files = after({"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": BROKEN, "b.yaml": one("b", "v2")})
    assert (held(files), told(files)) == ({"a": "a", "b": "v2"}, [SAYS])


def test_what_is_mended_is_told_no_more() -> None:
    files = after({"a.yaml": one("a")}, {"a.yaml": BROKEN}, {"a.yaml": one("a")})
    assert (held(files), told(files)) == ({"a": "a"}, [])


@pytest.mark.parametrize("text", ["", "# nothing", "a: [", "\x00", "[]", "scenario: 5", "- " * 2000, "&a [*a]"])
def test_whatever_a_file_holds(text: str) -> None:
    files = after({"a.yaml": one("a")}, {"a.yaml": text})
    assert held(files) == {"a": "a"}
    assert told(files)
    assert all(line.startswith("a.yaml") for line in told(files))


def test_a_new_file() -> None:
    assert held(after({"b.yaml": one("b")}, {"a.yaml": one("a"), "b.yaml": one("b")})) == {"a": "a", "b": "b"}


def test_a_new_broken_file_has_nothing_in_force() -> None:
    files = after({"b.yaml": one("b")}, {"a.yaml": BROKEN, "b.yaml": one("b")})
    assert (held(files), told(files)) == ({"b": "b"}, [SAYS])


def test_a_file_that_is_gone_takes_its_scenarios_along_even_if_it_was_broken() -> None:
    files = after(
        {"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": BROKEN, "b.yaml": one("b")}, {"b.yaml": one("b")}
    )
    assert (held(files), told(files)) == ({"b": "b"}, [])


def test_a_renamed_file() -> None:
    files = after({"a.yaml": one("a")}, {"z.yaml": one("a")})
    assert ([str(located.place) for located in files.scenarios], told(files)) == (["z.yaml:1:1"], [])


def test_a_warning_does_not_keep_an_edit_back() -> None:
    odd = one("a") + "provision: {timeline: [{at: 1s, state: COMPLETED}]}\n"
    files = after({"a.yaml": one("a")}, {"a.yaml": odd})
    assert files.scenarios[0].scenario.provision is not None
    assert [problem.severity for problem in files.problems] == ["warning"]


# -- between files -------------------------------------------------------------------------------------


def test_an_edit_that_claims_what_another_file_has_is_kept_back() -> None:
    files = after({"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": one("a"), "b.yaml": one("b", "a")})
    assert held(files) == {"a": "a", "b": "b"}
    assert told(files) == [
        'b.yaml:2:14: two scenarios for workflow "a" (the other is at a.yaml:2:14); give one another workflow_id'
    ]


def test_the_edited_one_gives_way_though_it_is_the_first() -> None:
    files = after({"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": one("a", "b"), "b.yaml": one("b")})
    assert held(files) == {"a": "a", "b": "b"}
    assert len(told(files)) == 1


def test_a_new_file_gives_way_though_it_is_the_first() -> None:
    files = after({"b.yaml": one("b")}, {"a.yaml": one("b"), "b.yaml": one("b")})
    assert [str(located.place) for located in files.scenarios] == ["b.yaml:1:1"]
    assert len(told(files)) == 2  # the name, and the workflow


def test_of_two_edited_ones_the_later_gives_way() -> None:
    files = after({"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": one("a", "x"), "b.yaml": one("b", "x")})
    assert held(files) == {"a": "x", "b": "b"}


def test_two_files_may_swap_their_workflows() -> None:
    files = after({"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": one("a", "b"), "b.yaml": one("b", "a")})
    assert (held(files), told(files)) == ({"a": "b", "b": "a"}, [])


def test_one_that_was_kept_back_comes_into_force_once_the_other_gives_way() -> None:
    kept_back = {"a.yaml": one("a"), "b.yaml": one("b", "a")}
    start = {"a.yaml": one("a"), "b.yaml": one("b")}
    for mended in ({"a.yaml": one("a", "x"), "b.yaml": one("b", "a")}, {"b.yaml": one("b", "a")}):
        files = after(start, kept_back, mended)
        assert (held(files)["b"], told(files)) == ("a", [])


def test_what_the_last_good_version_of_a_broken_file_claims_stays_its_own() -> None:
    files = after({"a.yaml": one("a"), "b.yaml": one("b")}, {"a.yaml": BROKEN, "b.yaml": one("b", "a")})
    assert held(files) == {"a": "a", "b": "b"}
    assert told(files) == [
        SAYS,
        'b.yaml:2:14: two scenarios for workflow "a" (the other is at a.yaml:2:14); give one another workflow_id',
    ]


def test_two_matches_that_are_the_same() -> None:
    match = "scenario: {}\nmatch: everything\n"
    files = after({"a.yaml": match.format("a")}, {"a.yaml": match.format("a"), "b.yaml": match.format("b")})
    assert list(held(files)) == ["a"]
    assert len(told(files)) == 1


def test_a_chain_of_edits_that_give_way_one_after_the_other() -> None:
    start = {f"{name}.yaml": one(name) for name in "abcd"}
    each_takes_the_next = {f"{name}.yaml": one(name, following) for name, following in zip("abcd", "bcdx", strict=True)}
    assert held(after(start, each_takes_the_next)) == {"a": "b", "b": "c", "c": "d", "d": "x"}
    stuck = {**each_takes_the_next, "d.yaml": BROKEN.replace(": a", ": d")}
    assert held(after(start, stuck)) == {name: name for name in "abcd"}


def test_at_the_start_the_first_of_two_is_in_force_and_mending_the_other_brings_it() -> None:
    clash = {"a.yaml": one("a"), "b.yaml": one("b", "a") + "---\n" + one("c")}
    assert held(after(clash)) == {"a": "a", "c": "c"}
    assert held(after(clash, {**clash, "d.yaml": one("d")})) == {"a": "a", "c": "c", "d": "d"}
    assert held(after(clash, {**clash, "a.yaml": one("a", "x")})) == {"a": "x", "b": "a", "c": "c"}


# -- what the owner has loaded -------------------------------------------------------------------------

OWNERS = {"sent": (load_text(one("sent", "w"), "request").scenarios[0].scenario, "request:1:1")}


def test_an_edit_that_claims_what_the_owner_has_loaded_is_kept_back() -> None:
    files = after({"a.yaml": one("a")}, {"a.yaml": one("a", "w")}, others=OWNERS)
    assert held(files) == {"a": "a"}
    assert told(files) == [
        'a.yaml:2:14: workflow_id "w" belongs to scenario "sent", loaded from request:1:1; '
        "choose another, or remove that one first"
    ]
    assert told(edited(files, versions({"a.yaml": one("a", "w")}), {})) == []


def test_a_file_replaces_what_the_owner_has_loaded_under_its_name() -> None:
    files = after({"a.yaml": one("a")}, {"a.yaml": one("a"), "b.yaml": one("sent", "w")}, others=OWNERS)
    assert (held(files), told(files)) == ({"a": "a", "sent": "w"}, [])


# -- reading again -------------------------------------------------------------------------------------


def test_a_file_that_is_as_it_was_is_not_parsed_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("scenarios")
    for name in "ab":
        (folder / f"{name}.yaml").write_text(one(name) + "#" + "x" * 100_000)  # longer than what is remembered anyway
    first = read_versions([folder])
    (folder / "b.yaml").write_text(one("b", "other"))
    second = read_versions([folder], first)
    assert [second[file] is first[file] for file in first] == [True, False]
