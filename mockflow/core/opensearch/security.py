"""Users and permissions of the security plugin, and flow-framework's rules of access.

Permissions are those of the flow-framework roles in the security plugin's roles.yml (docs/reference/opensearch.md,
"Security plugin"). For backend roles and tenants see docs/reference/plugin.md, "Access control and tenants".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.base.suggest import did_you_mean
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.operations import ACTIONS, ANY_OTHER_ACTION

ADMIN: Final = "all_access"
FULL_ACCESS: Final = "flow_framework_full_access"
READ_ACCESS: Final = "flow_framework_read_access"

_WORKFLOW: Final = "cluster:admin/opensearch/flow_framework/"

_OF_FLOW_FRAMEWORK: Final[Mapping[str, tuple[str, ...]]] = {
    ADMIN: ("*",),
    FULL_ACCESS: (
        f"{_WORKFLOW}*",
        "cluster:monitor/*",
        "indices:admin/aliases/get",
        "indices:admin/mappings/get",
        "indices:monitor/*",
    ),
    READ_ACCESS: tuple(
        f"{_WORKFLOW}{action}"
        for action in (
            "workflow/get",
            "workflow/search",
            "workflow_state/get",
            "workflow_state/search",
            "workflow_step/get",
        )
    ),
}
_READ_ALL: Final = (
    *("indices:data/read*", "indices:admin/mappings/fields/get*", "indices:admin/resolve/index"),
    *("indices:admin/aliases/exists*", "indices:admin/aliases/get*"),
)
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    **_OF_FLOW_FRAMEWORK,
    **dict.fromkeys(("kibana_user", "own_index"), ()),
    "readall": _READ_ALL,
}
"""Role -> permissions: names of actions, in which ``*`` matches any characters.

Of the security plugin's own roles, kibana_user and own_index are for indices of certain names, which mockflow does not
tell apart. They make a user whose calls are all refused.
"""

_DEMO_MAPPING: Final = {"admin": ADMIN}
"""Backend role -> role, by the security plugin's demo configuration."""


@dataclass(frozen=True)
class User:
    """A user of the security plugin. `roles` give permissions, `backend_roles` are its groups."""

    name: str
    password: str = field(repr=False)
    backend_roles: tuple[str, ...] = ()
    roles: tuple[str, ...] = (ADMIN,)

    @property
    def is_admin(self) -> bool:
        """Whether the user has access to all workflows."""
        return ADMIN in self.roles

    def may(self, action: str) -> bool:
        """Whether one of the roles permits an action."""
        return any(matches(permitted, action) for role in self.roles for permitted in ROLES[role])

    def document(self) -> dict[str, Any]:
        """The user object of status and template (docs/reference/plugin.md, "Status document")."""
        return {
            "name": self.name,
            "backend_roles": list(self.backend_roles),
            "roles": list(self.roles),
            "custom_attribute_names": [],
            "user_requested_tenant": None,
        }

    def __str__(self) -> str:
        """The form in the security plugin's refusals."""
        return f"User [name={self.name}, backend_roles=[{', '.join(self.backend_roles)}], requestedTenant=null]"


def parse_user(text: str) -> User:
    """A user from ``name:password`` or ``name:password:roles``, with commas between the roles.

    Names in `ROLES` give permissions; all others are backend roles. A user without roles, or with the backend role
    admin, is an admin. A user with other backend roles alone has flow-framework's full access. Raises ValueError.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a user is not UTF-8; write name and password in UTF-8") from None
    name, _, rest = text.partition(":")
    password, _, listed = rest.partition(":")
    if not name or not password:
        raise ValueError(f'user "{name or text}" should be name:password or name:password:role,role; none may be empty')
    named = [role.strip() for role in listed.split(",") if role.strip()]
    for role in named:
        if role.startswith("flow_framework_") and role not in ROLES:
            raise ValueError(f'user "{name}": unknown role "{role}"; {did_you_mean(role, ROLES)}')
    backend_roles = tuple(role for role in named if role not in ROLES)
    roles = [role for role in named if role in ROLES]
    roles += [_DEMO_MAPPING[role] for role in backend_roles if role in _DEMO_MAPPING]
    default = FULL_ACCESS if backend_roles else ADMIN
    return User(name, password, backend_roles, tuple(dict.fromkeys(roles)) or (default,))


def users_by_name(users: Iterable[User]) -> dict[str, User]:
    """The users by name. Raises ValueError if two have the same name."""
    found: dict[str, User] = {}
    for user in users:
        if user.name in found:
            raise ValueError(f'there are two users "{user.name}"; give each a name of its own')
        found[user.name] = user
    return found


def action_of(operation: str) -> str:
    """The action that an operation requires a permission for."""
    return ACTIONS.get(operation, ANY_OTHER_ACTION)


def may_access(user: User | None, owner: Mapping[str, Any] | None) -> bool:
    """Whether the filter by backend roles gives a user access to a workflow. `owner` is the workflow's user object.

    `user` is None if the security plugin is off; access is always given then (docs/reference/plugin.md, "Access control
    and tenants").
    """
    if user is None or user.is_admin:
        return True
    return owner is not None and not set(user.backend_roles).isdisjoint(owner.get("backend_roles") or ())


@dataclass(frozen=True)
class Caller:
    """The caller of a request: its user if the security plugin is on, and its tenant if multi-tenancy is on."""

    user: User | None = None
    tenant_id: str | None = None


NOBODY: Final = Caller()
