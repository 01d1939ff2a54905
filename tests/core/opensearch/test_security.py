"""Users as they are written, and what their roles let them do."""

import pytest

from mockflow.core.opensearch.security import (
    ADMIN,
    FULL_ACCESS,
    READ_ACCESS,
    User,
    may_access,
    parse_user,
    users_by_name,
)


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("admin:secret", User("admin", "secret", (), (ADMIN,))),
        ("admin:secret:admin", User("admin", "secret", ("admin",), (ADMIN,))),
        ("ann:pw:team-a", User("ann", "pw", ("team-a",), (FULL_ACCESS,))),
        ("ann:pw: team-a , team-b ", User("ann", "pw", ("team-a", "team-b"), (FULL_ACCESS,))),
        ("bob:pw:flow_framework_read_access,ops", User("bob", "pw", ("ops",), (READ_ACCESS,))),
        ("bob:pw:flow_framework_read_access", User("bob", "pw", (), (READ_ACCESS,))),
        ("eve:pw:all_access,ops", User("eve", "pw", ("ops",), (ADMIN,))),
        ("lion:pw:own_index", User("lion", "pw", (), ("own_index",))),
        ("lion:pw:readall,team-a", User("lion", "pw", ("team-a",), ("readall",))),
        ("lion:pw:opensearch", User("lion", "pw", ("opensearch",), (FULL_ACCESS,))),
        ("eve:pw:", User("eve", "pw", (), (ADMIN,))),
    ],
)
def test_a_user_is_written_in_one_line(text: str, user: User) -> None:
    assert parse_user(text) == user


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", 'user "" should be name:password or name:password:role,role; none may be empty'),
        ("admin", 'user "admin" should be name:password'),
        ("admin:", 'user "admin" should be name:password'),
        (":secret", 'user ":secret" should be name:password'),
        (
            "bob:pw:flow_framework_read_acess",
            'user "bob": unknown role "flow_framework_read_acess"; did you mean flow_framework_read_access?',
        ),
    ],
)
def test_what_is_no_user_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="user") as error:
        parse_user(text)
    assert str(error.value).startswith(told)


def test_a_password_is_never_shown() -> None:
    assert "s3cret" not in repr(parse_user("admin:s3cret"))
    with pytest.raises(ValueError, match="unknown role") as error:
        parse_user("admin:s3cret:flow_framework_x")
    assert "s3cret" not in str(error.value)


def test_two_users_of_one_name_are_told() -> None:
    with pytest.raises(ValueError, match='there are two users "ann"'):
        users_by_name([parse_user("ann:a"), parse_user("ann:b")])


def test_the_read_role_has_five_permissions() -> None:
    reader = parse_user(f"bob:pw:{READ_ACCESS}")
    prefix = "cluster:admin/opensearch/flow_framework/"
    may = {"workflow/get", "workflow/search", "workflow_state/get", "workflow_state/search", "workflow_step/get"}
    for action in may | {"workflow/create", "workflow/provision", "workflow/deprovision", "workflow/delete"}:
        assert reader.may(prefix + action) is (action in may)
    assert not reader.may("cluster:monitor/main")


@pytest.mark.parametrize(
    ("user", "owner", "may"),
    [
        (None, None, True),
        (None, {"backend_roles": ["a"]}, True),
        ("ann:pw:a", {"backend_roles": ["b", "a"]}, True),
        ("ann:pw:a", {"backend_roles": ["b"]}, False),
        ("ann:pw:a", {"backend_roles": []}, False),
        ("ann:pw:a", None, False),
        ("ann:pw:flow_framework_full_access", {"backend_roles": ["a"]}, False),
        ("root:pw", {"backend_roles": ["b"]}, True),
    ],
)
def test_a_workflow_is_for_those_who_share_a_backend_role(
    user: str | None, owner: dict[str, list[str]] | None, may: bool
) -> None:
    assert may_access(parse_user(user) if user else None, owner) is may
