"""Ids that look like the plugin's and come from names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.opensearch.ids import opensearch_id, resource_id

names = st.lists(st.text(), min_size=1, max_size=4)


@given(names)
def test_they_look_like_those_of_opensearch(parts: list[str]) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{20}", opensearch_id(*parts))


@given(names)
def test_the_same_names_give_the_same_id(parts: list[str]) -> None:
    assert opensearch_id(*parts) == opensearch_id(*parts)


def test_it_is_the_same_in_every_process_and_release() -> None:
    """Tests of users compare with them: this one fails when the making of ids changes."""
    assert opensearch_id("scenario", "workflow", "step") == "IZlguMDDI2JVIZXpLSTM"
    assert resource_id("model_id", "scenario", "workflow", "register_model_2") == "TUUvDqs-K_vRtQtt1Y2c"
    assert resource_id("index_name", "scenario", "workflow", "create_index_3") == "create-index-3-0ffbd5b3"


@given(st.text(st.characters(exclude_characters="\0")), st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_names_are_not_run_together(one: str, other: str) -> None:
    assert opensearch_id(one, other) != opensearch_id(one + other)
    assert opensearch_id(one, other) != opensearch_id(one + other[0], other[1:])


@pytest.mark.parametrize("changed", range(4))
def test_each_name_counts(changed: int) -> None:
    owner = ["model_id", "scenario", "workflow", "step"]
    other = [name + "2" if number == changed else name for number, name in enumerate(owner)]
    assert resource_id(*owner) != resource_id(*other)


@given(st.sampled_from(["index_name", "pipeline_id"]), st.text())
def test_what_a_user_would_name_has_a_legal_name(resource_type: str, step_id: str) -> None:
    """In lower case, without the characters that an index name may not hold or begin with."""
    name = resource_id(resource_type, "s", "w", step_id)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", name)
    assert len(name) <= 255


@pytest.mark.parametrize(
    ("step_id", "readable"),
    [("create_index_3", "create-index-3"), ("Größe!", "gr-e"), ("---", "resource"), ("😀", "resource")],
)
def test_such_a_name_can_be_read(step_id: str, readable: str) -> None:
    assert re.fullmatch(readable + "-[0-9a-f]{8}", resource_id("index_name", "s", "w", step_id))


def test_a_long_step_id_makes_no_illegal_name() -> None:
    assert len(resource_id("index_name", "s", "w", "step" * 100)) <= 255
