"""Releases of OpenSearch, and what consumers meet in each."""

from dataclasses import fields
from itertools import pairwise

import pytest

from mockflow.core.plugin.behaviour import TABLE, Behaviour
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, parse_version
from tests.support.paths import ROOT

RELEASES = [f"2.{minor}.0" for minor in range(12, 20)] + [f"3.{minor}.0" for minor in range(int(NEWEST[2:]) + 1)]


@pytest.mark.parametrize("number", [*RELEASES, "2.19.4", "3.2.17"])
def test_every_release_is_known(number: str) -> None:
    version = parse_version(number)
    assert version.number == number
    assert version.plugin == f"{number}.0"
    assert version.minor == tuple(map(int, number.split(".")[:2]))
    assert len(version.build_hash) == 40


def test_a_snapshot_is_like_the_release_that_it_is_on_the_way_to() -> None:
    """Programs that split version.number at its dots and make integers of it end here."""
    snapshot, release = parse_version("3.2.0-SNAPSHOT"), parse_version("3.2.0")
    assert (snapshot.build, snapshot.plugin, snapshot.number) == ("3.2.0-SNAPSHOT", "3.2.0.0-SNAPSHOT", "3.2.0")
    assert (snapshot.behaviour, snapshot.minor) == (release.behaviour, release.minor)
    assert release.build == "3.2.0"


def test_from_the_oldest_to_the_newest() -> None:
    assert (OLDEST, RELEASES[-1]) == ("2.12", f"{NEWEST}.0")
    assert DEFAULT_VERSION in RELEASES


@pytest.mark.parametrize("number", ["2.11.0", "2.20.0", "1.3.0", "4.0.0", f"3.{int(NEWEST[2:]) + 1}.0"])
def test_another_release_is_told_which_are_known(number: str) -> None:
    supported = "supported are 2.12 to 2.19 and 3.0 to"
    with pytest.raises(ValueError, match=f"OpenSearch {number} is not supported; {supported}"):
        parse_version(number)


@pytest.mark.parametrize("text", ["", "3", "3.2", "3.2.0.0", "3.2.0-alpha1", "v3.2.0", " 3.2.0", "3.x.0", "3.2.0\n"])
def test_what_is_no_release_is_told_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an OpenSearch version; write one such as 3\.2\.0"):
        parse_version(text)


@pytest.mark.parametrize(
    ("number", "provision", "create_and_provision"),
    [("2.12.0", 200, 201), ("2.19.5", 200, 201), ("3.0.0", 202, 202), ("3.2.0", 202, 202)],
)
def test_statuses_of_success(number: str, provision: int, create_and_provision: int) -> None:
    behaviour = parse_version(number).behaviour
    assert behaviour.provision_accepted == provision
    assert behaviour.create_and_provision_accepted == create_and_provision


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("2.12.0", "Fail to find workflow"),
        ("2.13.0", "Fail to find workflow w"),
        ("2.14.0", "Fail to find workflow w"),
        ("2.15.0", "Fail to find workflow status of w"),
        ("3.2.0", "Fail to find workflow status of w"),
    ],
)
def test_the_404_of_an_unknown_workflow(number: str, message: str) -> None:
    assert parse_version(number).behaviour.status_not_found.format(id="w") == message


@pytest.mark.parametrize(
    ("number", "status"),
    [("2.15.0", "INTERNAL_SERVER_ERROR"), ("2.16.0", "NOT_FOUND"), ("3.0.0", "NOT_FOUND")],
)
def test_deprovisioning_an_unknown_workflow(number: str, status: str) -> None:
    assert parse_version(number).behaviour.unknown_state_status == status


@pytest.mark.parametrize(
    ("number", "tells"),
    [("2.19.2", False), ("2.19.3", True), ("2.19.4", True), ("3.0.0", False), ("3.1.0", False), ("3.2.0", True)],
)
def test_why_an_index_was_not_created(number: str, tells: bool) -> None:
    assert parse_version(number).behaviour.tells_why_no_index is tells


def test_nothing_is_forgotten_by_a_later_release() -> None:
    versions = [parse_version(number) for number in RELEASES]
    for before, after in pairwise(versions):
        assert before.parameters <= after.parameters
        assert before.steps.keys() <= after.steps.keys()


@pytest.mark.parametrize(
    ("number", "lucene"),
    [("2.12.0", "9.9.2"), ("2.19.2", "9.12.1"), ("2.19.3", "9.12.2"), ("2.19.6", "9.12.3"), ("3.8.0", "10.5.0")],
)
def test_lucene(number: str, lucene: str) -> None:
    assert parse_version(number).lucene == lucene


def test_the_build_of_a_release_that_is_known() -> None:
    version = parse_version("3.8.0")
    assert version.build_hash == "e5a3c5691be87af6c12dbe3e158c59c04ee72973"
    assert version.build_date == "2026-08-01T18:48:00.452816924Z"
    unknown = parse_version("3.8.0-SNAPSHOT")
    assert unknown.build_hash != version.build_hash
    assert unknown.build_date != version.build_date


@pytest.mark.parametrize(("number", "id"), [("2.19.6", 136408427), ("3.8.0", 137297827), ("2.19.0", 136407827)])
def test_the_id_of_a_release(number: str, id: int) -> None:
    assert parse_version(number).id == id


def test_every_difference_has_its_row_in_order() -> None:
    assert list(TABLE) == [field.name for field in fields(Behaviour)]
    for name, row in TABLE.items():
        releases = [since.release for since in row.values]
        assert releases == sorted(set(releases)), name
        assert releases[0] == (2, 12), name


@pytest.mark.parametrize("name", TABLE)
def test_users_can_read_how_a_difference_is_known(name: str) -> None:
    page = (ROOT / "docs" / "reference" / "fidelity.md").read_text("utf-8")
    row = TABLE[name]
    changes = [since for since in row.values if since is not row.values[0] or since.known == "assumed"]
    listed = ", ".join(f"{'.'.join(map(str, since.release))} ({since.known})" for since in changes)
    assert f"\n| {row.words} | {listed or '-'} | {'measured' if row.is_measured else 'read'} |\n" in page
