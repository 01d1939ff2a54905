"""Dates of documents: the formats of a date field, named ones and patterns."""

import pytest

from mockflow.core.opensearch.dates import NoDateError, parse_date

DAY = 86_400_000


@pytest.mark.parametrize(
    ("value", "format", "milliseconds"),
    [
        ("1970-01-02", None, DAY),
        ("1970-01-02T00:00:00Z", None, DAY),
        ("1970-01-02T01:00:00.5+01:00", None, DAY + 500),
        ("1970-01-02T01", None, DAY + 3_600_000),
        ("1971", None, 365 * DAY),
        (DAY, None, DAY),
        (str(DAY), None, DAY),
        (86_400, "epoch_second", DAY),
        ("02.01.1970", "dd.MM.yyyy", DAY),
        ("1970-01-02 01:02:03", "yyyy-MM-dd HH:mm:ss||epoch_millis", DAY + 3_723_000),
        ("19700102", "basic_date", DAY),
        ("1970-1-2", "date_optional_time", DAY),
        ("at 1970", "'at' yyyy", 0),
    ],
)
def test_a_date_of_its_format(value: object, format: str | None, milliseconds: int) -> None:
    assert (parse_date(value) if format is None else parse_date(value, format)) == milliseconds


@pytest.mark.parametrize(
    ("value", "format"),
    [
        ("soon", None),
        ("2026-13-01", None),
        ("2026-1-1", None),
        (True, None),
        ("2026-01-01", "epoch_millis"),
        ("2026-01-01", "dd.MM.yyyy"),
    ],
)
def test_no_date_of_its_format(value: object, format: str | None) -> None:
    with pytest.raises(NoDateError):
        parse_date(value) if format is None else parse_date(value, format)


def test_a_format_that_is_not_known_takes_every_text() -> None:
    assert parse_date("2026-W01-1", "strict_week_date") == "2026-W01-1"
    assert parse_date("Thu 1", "EEE d") == "Thu 1"
