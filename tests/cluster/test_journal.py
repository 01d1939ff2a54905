"""How much the journal keeps."""

from mockflow.cluster import Journal


def add(journal: Journal, body: bytes, answer: bytes = b"{}") -> None:
    journal.add("create", None, "POST", "/", {}, body, 201, answer, "frozen", 0, 0.0, 0.0)


def kept(journal: Journal) -> list[tuple[int, int]]:
    return [(len(exchange.request_body), len(exchange.response_body)) for exchange in journal]


def test_small_bodies_stay_whole() -> None:
    journal = Journal(bound=100, room=10_000)
    for _ in range(100):
        add(journal, b"x" * 4000)
    assert kept(journal) == [(4000, 2)] * 100


def test_large_bodies_share_their_room_and_the_oldest_are_cut_short() -> None:
    journal = Journal(bound=100, room=100_000)
    for _ in range(5):
        add(journal, b"x" * 30_000, b"y" * 10_000)
        add(journal, b"small")
    large = kept(journal)[::2]
    assert large == [(4096, 4096)] * 3 + [(30_000, 10_000)] * 2
    assert kept(journal)[1::2] == [(5, 2)] * 5
    assert [exchange.status for exchange in journal] == [201] * 10


def test_those_that_are_forgotten_take_no_room() -> None:
    journal = Journal(bound=2, room=100_000)
    for _ in range(5):
        add(journal, b"x" * 40_000)
    assert kept(journal) == [(40_000, 2)] * 2


def test_one_that_is_larger_than_the_room_is_kept_as_it_is_bounded() -> None:
    journal = Journal(bound=10, room=20_000)
    add(journal, b"x" * 1_000_000)
    add(journal, b"x" * 1_000_000)
    assert kept(journal) == [(4096, 2), (65_536, 2)]


def test_a_cleared_one_begins_anew() -> None:
    journal = Journal(bound=10, room=100_000)
    for _ in range(2):
        add(journal, b"x" * 60_000)
        journal.clear()
    add(journal, b"x" * 60_000)
    assert kept(journal) == [(60_000, 2)]
