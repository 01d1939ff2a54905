"""The documents of one index: versions, sequence numbers, and the conditions of a write.

The rules are those of InternalEngine and VersionType (docs/reference/documents.md, "Versions").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mockflow.core.opensearch.documents.errors import version_conflict
from mockflow.core.opensearch.search.fields import Stored

VersionType = Literal["internal", "external", "external_gte"]
Result = Literal["created", "updated", "deleted", "not_found", "noop"]


@dataclass(frozen=True)
class Conditions:
    """What a write wants of the document that is there."""

    is_create: bool = False
    """The document must not exist."""
    version: int | None = None
    version_type: VersionType = "internal"
    if_seq_no: int | None = None
    if_primary_term: int | None = None


ANY: Final = Conditions()


@dataclass(frozen=True)
class Written:
    """What a write did."""

    id: str
    version: int
    seq_no: int
    result: Result


class DocumentStore:
    """The documents of the index `name`, in the order of their last write."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.bytes = 0
        """About how many bytes were written."""
        self.deleted = 0
        """How many documents were deleted or replaced, as Lucene counts them before it merges."""
        self._documents: dict[str, Stored] = {}
        self._gone: dict[str, int] = {}  # id -> version of the deletion
        self._next = 0

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[Stored]:
        return iter(self._documents.values())

    def get(self, id: str) -> Stored | None:
        """The document with this id."""
        return self._documents.get(id)

    def index(
        self,
        id: str,
        source: Mapping[str, Any],
        conditions: Conditions = ANY,
        *,
        routing: str | None = None,
        indexed: Mapping[str, Any] | None = None,
        size: int = 0,
    ) -> Written:
        """Writes a document. Raises DocumentError for a version conflict, and then changes nothing."""
        before = self.get(id)
        version = self._version(id, before, conditions)
        if before is not None:
            del self._documents[id]
            self.deleted += 1
        self._gone.pop(id, None)
        number = self._number()
        self.bytes += size
        self._documents[id] = Stored(id, source, version, number, routing=routing, indexed=indexed)
        return Written(id, version, number, "created" if before is None else "updated")

    def delete(self, id: str, conditions: Conditions = ANY) -> Written:
        """Deletes a document; a missing one gets a version all the same. Raises DocumentError for a conflict."""
        before = self.get(id)
        version = self._version(id, before, conditions)
        if before is not None:
            del self._documents[id]
            self.deleted += 1
        if len(self._gone) >= _REMEMBERED:
            del self._gone[next(iter(self._gone))]
        self._gone[id] = version
        return Written(id, version, self._number(), "not_found" if before is None else "deleted")

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _version(self, id: str, before: Stored | None, wanted: Conditions) -> int:
        """The version of the write."""
        if wanted.is_create and before is not None:
            reason = f"document already exists (current version [{before.version}])"
            raise version_conflict(self.name, id, reason)
        if wanted.if_seq_no is not None:
            self._check_seq_no(id, before, wanted.if_seq_no, wanted.if_primary_term or 1)
        current = self._gone.get(id) if before is None else before.version
        if wanted.version is None:
            return (current or 0) + 1
        if wanted.version_type == "internal":
            if before is None or before.version != wanted.version:
                shown = -1 if before is None else before.version
                reason = f"current version [{shown}] is different than the one provided [{wanted.version}]"
                raise version_conflict(self.name, id, reason)
            return wanted.version + 1
        is_lower = current is not None and (
            current > wanted.version or (current == wanted.version and wanted.version_type == "external")
        )
        if is_lower:
            how = "higher or equal to" if wanted.version_type == "external" else "higher than"
            reason = f"current version [{current}] is {how} the one provided [{wanted.version}]"
            raise version_conflict(self.name, id, reason)
        return wanted.version

    def _check_seq_no(self, id: str, before: Stored | None, seq_no: int, term: int) -> None:
        if before is not None and before.seq_no == seq_no and before.primary_term == term:
            return
        reason = f"required seqNo [{seq_no}], primary term [{term}]. "
        reason += (
            "but no document was found"
            if before is None
            else f"current document has seqNo [{before.seq_no}] and primary term [{before.primary_term}]"
        )
        raise version_conflict(self.name, id, reason)


_REMEMBERED: Final = 10_000
"""Versions of deleted documents; OpenSearch forgets them after a minute (index.gc_deletes)."""
