"""A workflow's template as the plugin's index holds it."""

from dataclasses import dataclass, replace
from typing import Any, Final

from mockflow.core.plugin.status import Fields
from mockflow.core.plugin.template import Template

_NO_FIELDS: Final[Fields] = {}


@dataclass(frozen=True)
class StoredTemplate:
    """One version of a template's document. Times are epoch milliseconds."""

    template: Template
    created_time: int
    last_updated_time: int
    last_provisioned_time: int | None = None
    version: int = 1
    seq_no: int = 0
    """The number of the write that made this version, among the writes to the index."""
    keeps_times: bool = True
    """Whether the document has its times, which it has from 2.13 on."""
    is_made: bool = False
    """Whether it was made from the resources of a script; such a template is not checked."""
    renewed_credentials: bool = False
    """Whether its credentials were encrypted a second time, by an update of other fields."""

    def changed(self, **changes: Any) -> "StoredTemplate":
        """The next version of the document."""
        return replace(self, version=self.version + 1, **changes)

    def document(self, owned: Fields = _NO_FIELDS, *, shows_user: bool = False) -> dict[str, Any]:
        """The response to a `GET` (docs/reference/plugin.md, "Template").

        `owned` are the fields `user` and `tenant_id` of the workflow, where it has them.
        """
        return self.template.document() | self._last(owned, shows_user=shows_user)

    def source(self, owned: Fields) -> dict[str, Any]:
        """The document as the index holds it, for searches."""
        return self.template.source() | self._last(owned, shows_user=True)

    def _last(self, owned: Fields, *, shows_user: bool) -> dict[str, Any]:
        last = {
            "user": owned.get("user") if shows_user else None,
            **(self._times() if self.keeps_times else {}),
            "tenant_id": owned.get("tenant_id"),
        }
        return {name: value for name, value in last.items() if value is not None}

    def _times(self) -> dict[str, int | None]:
        return {
            "created_time": self.created_time,
            "last_updated_time": self.last_updated_time,
            "last_provisioned_time": self.last_provisioned_time,
        }
