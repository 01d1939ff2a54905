"""Who may do what: users as the security plugin knows them, and what flow-framework makes of them.

Permissions are those of the plugin's own roles in the security plugin's roles.yml (consumers.md, section 4.9); backend
roles and tenants are contract.md, section 9.
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

ROLES: Final[Mapping[str, tuple[str, ...]]] = {
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
"""A role's permissions: names of actions, ``*`` for any characters."""

_DEMO_MAPPING: Final = {"admin": ADMIN}
"""Backend roles that the security plugin's demo configuration maps to a role."""


@dataclass(frozen=True)
class User:
    """A user of the security plugin. `roles` say what it may do, `backend_roles` to whom it belongs."""

    name: str
    password: str = field(repr=False)
    backend_roles: tuple[str, ...] = ()
    roles: tuple[str, ...] = (ADMIN,)

    @property
    def is_admin(self) -> bool:
        """Admins see what is everybody's."""
        return ADMIN in self.roles

    def may(self, action: str) -> bool:
        """Whether one of its roles permits an action."""
        return any(matches(permitted, action) for role in self.roles for permitted in ROLES[role])

    def document(self) -> dict[str, Any]:
        """As status and template show it (contract.md, section 2)."""
        return {
            "name": self.name,
            "backend_roles": list(self.backend_roles),
            "roles": list(self.roles),
            "custom_attribute_names": [],
            "user_requested_tenant": None,
        }

    def __str__(self) -> str:
        """As the security plugin's refusals show it."""
        return f"User [name={self.name}, backend_roles=[{', '.join(self.backend_roles)}], requestedTenant=null]"


def parse_user(text: str) -> User:
    """A user from ``name:password`` or ``name:password:roles``, the roles with commas between them.

    Names of `ROLES` say what it may do; all others are backend roles. Without roles it is an admin, as it is with the
    backend role admin; with backend roles alone it has flow-framework's full access. ValueError where it is not so.
    """
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
    """The users by their names. ValueError where two have the same."""
    found: dict[str, User] = {}
    for user in users:
        if user.name in found:
            raise ValueError(f'there are two users "{user.name}"; give each a name of its own')
        found[user.name] = user
    return found


def action_of(operation: str) -> str:
    """The action that an operation needs a permission for."""
    return ACTIONS.get(operation, ANY_OTHER_ACTION)


def may_access(user: User | None, owner: Mapping[str, Any] | None) -> bool:
    """Whether, filtered by backend roles, a workflow of `owner` (its user document) is the user's too.

    None asks where the security plugin is off: then nobody is refused (contract.md, section 9).
    """
    if user is None or user.is_admin:
        return True
    return owner is not None and not set(user.backend_roles).isdisjoint(owner.get("backend_roles") or ())


@dataclass(frozen=True)
class Caller:
    """Who asks: a user where the security plugin is on, a tenant where there are several."""

    user: User | None = None
    tenant_id: str | None = None


NOBODY: Final = Caller()
