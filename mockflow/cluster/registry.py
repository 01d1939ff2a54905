"""The resources of a cluster: what the runs of workflows have created and no client has deleted.

Whether a resource exists follows from the status of the workflow that made it, so it appears and disappears with the
timeline. The registry itself stores only resources that their workflow no longer lists and that still exist.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mockflow.cluster.workflow import Workflow
from mockflow.core.base.bounds import RESOURCES_LEFT
from mockflow.core.base.groups import remove_from
from mockflow.core.plugin.resources import Key, Made

if TYPE_CHECKING:
    from mockflow.core.opensearch.indices.index_changes import IndexChanges

log: Final = logging.getLogger("mockflow")


class Registry:
    """Finds resources by kind and id. `elapsed` returns a workflow's elapsed ms now, `now` the time, epoch ms.

    `peek`, `is_coming`, `group_named`, `has_alias` and `has_had` write nothing: rehearsals use them. Lookups for
    clients (`find`, `all_of`, `first_of`) also note that a kind of resource has been seen.
    """

    def __init__(self, elapsed: Callable[[Workflow], int], now: Callable[[], int]) -> None:
        self._elapsed = elapsed
        self._now = now
        self._makers: dict[Key, dict[str, Workflow]] = {}
        self._left: dict[Key, Made] = {}
        """What workflows have left, and what clients have made or changed."""
        self._counts: Counter[str] = Counter()  # of these, by kind
        self._deployed: dict[str, int | None] = {}
        """The models that clients have deployed, with the time at which they are (epoch ms), or undeployed: None."""
        self._changes: dict[Key, tuple[int, IndexChanges]] = {}  # of indices: when the changed one was made, and how
        self._keys: dict[str, dict[Key, None]] = {}  # of all that was ever expected, by kind
        self._labelled: dict[Key, dict[Key, None]] = {}  # (kind, label) -> resources that are expected with it
        self._labels: dict[Key, dict[Key, None]] = {}  # resource -> its keys in `_labelled`
        self._begun: dict[str, int] = {}  # workflow id -> number of its last run, in the order in which runs began
        self._runs_begun = 0
        self._has_told = False
        self._first: dict[str, int] = {}  # kind -> when the first resource seen of it was made, epoch ms

    def expect(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        """Adds the resources that a run of `workflow`, which begins, makes or refers to at any time."""
        self._runs_begun += 1
        self._begun[workflow.id] = self._runs_begun
        self._add(workflow, keys)

    def put(self, made: Made, at_most: int | None = None) -> None:
        """Adds a resource that a client has made, or replaces it by what a client has changed.

        Of more than `at_most` of its kind that clients have made the oldest is deleted.
        """
        if at_most is not None and self.count(made.kind) >= at_most:
            self.delete(next(key for key in self._left if key[0] == made.kind))
        self._changes.pop(made.key, None)
        self._keys.setdefault(made.kind, {})[made.key] = None
        self._counts[made.kind] += made.key not in self._left
        self._left[made.key] = made
        for label in self._labels.pop(made.key, ()):
            remove_from(self._labelled, label, made.key)
        self._label(made)
        self._find(made.key)  # notes the kind

    def deploy(self, model_id: str, at: int | None) -> None:
        """Notes that a client has deployed a model, which is done at `at` (epoch ms), or undeployed it (None)."""
        self._deployed[model_id] = at

    def count(self, kind: str) -> int:
        """How many resources of a kind clients have made or workflows have left."""
        return self._counts[kind]

    def _label(self, made: Made) -> None:
        if label := _LABELS.get(made.kind, _no_label)(made.inputs):
            self._labelled.setdefault((made.kind, label), {})[made.key] = None
            self._labels.setdefault(made.key, {})[made.kind, label] = None

    def change(self, name: str, changes: IndexChanges) -> None:
        """Changes an index, which exists, whoever made it. The changes go with it."""
        made = self.peek(("index", name))
        assert made is not None
        self._changes[made.key] = made.created, changes

    def _add(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        for key in keys:
            self._deployed.pop(key[1], None)
            self._keys.setdefault(key[0], {})[key] = None
            makers = self._makers.setdefault(key, {})
            makers.pop(workflow.id, None)
            makers[workflow.id] = workflow
            for made in workflow.made.get(key, ()):
                self._label(made)

    def note(self, workflow: Workflow) -> None:
        """Notes the kinds of resource that the workflow has now, for `first_of`, before its status changes."""
        for key in workflow.listed(self._elapsed(workflow)):
            self._find(key)  # notes the kind
        for key in [key for key, (created, _) in self._changes.items() if not self._is_of(key, created)]:
            del self._changes[key]

    def remake(self, workflow: Workflow, before: Iterable[Key]) -> None:
        """Replaces the resources `before` of `workflow` by those that its runs make now.

        Among the makers of a resource that is in both, the workflow keeps its place.
        """
        keys = dict.fromkeys(before)
        for key in keys:
            if key not in workflow.made:
                self._drop(workflow, key)
        self._add(workflow, [key for key in workflow.made if key not in keys])

    def makers(self, key: Key) -> Iterable[Workflow]:
        """The workflows whose runs make the resource at any time, in the order in which the runs began."""
        return self._makers.get(key, {}).values()

    def maker_of(self, resource_id: str) -> Workflow | None:
        """The workflow whose run makes a resource of any kind with this id; of several the one that began last."""
        makers = [workflow for kind in self._keys for workflow in self.makers((kind, resource_id))]
        return max(makers, key=lambda workflow: self._begun.get(workflow.id, 0), default=None)

    def find(self, key: Key) -> Made | None:
        """The resource, if it exists now; the latest version where several workflows have made it."""
        found = self._find(key)
        return found[0] if found else None

    def peek(self, key: Key) -> Made | None:
        """As `find`. It writes nothing."""
        found = self._look_up(key)
        return found[0] if found else None

    def unlisted(self) -> Iterator[Key]:
        """What no workflow lists now: what clients have made, and what workflows have left. It writes nothing."""
        for key in self._left:
            if all(workflow.lists(key, self._elapsed(workflow)) is None for workflow in self.makers(key)):
                yield key

    def is_coming(self, key: Key) -> bool:
        """Whether a run under way makes the resource later."""
        return any(workflow.is_to_make(key, self._elapsed(workflow)) for workflow in self.makers(key))

    def group_named(self, name: str) -> str | None:
        """The id of the model group that has this name, or that a run under way is about to make with it."""
        return next((key[1] for key in self._with_label("model_group", name)), None)

    def has_alias(self, name: str) -> bool:
        """Whether an index has this alias."""
        changed = (key for key, (_, changes) in self._changes.items() if changes.aliases)
        found = (self.peek(key) for key in (*self._with_label("index", _ALIASES), *changed))
        return any(made is not None and name in made.body["aliases"] for made in found)

    def _is_of(self, key: Key, created: int) -> bool:
        """Whether the resource exists, and is the one that was made then."""
        made = self.peek(key)
        return made is not None and made.created == created

    def _with_label(self, kind: str, label: str) -> list[Key]:
        """The resources with the label that exist or are to come. A lookup of few, whatever the number of resources."""
        keys = self._labelled.get((kind, label), {})
        return [key for key in keys if self.peek(key) or self.is_coming(key)]

    def all_of(self, kind: str) -> Iterator[Made]:
        """All resources of one kind, in the order in which they were first made."""
        for key in tuple(self._keys.get(kind, ())):
            if made := self.find(key):
                yield made

    def first_of(self, kind: str) -> int | None:
        """When the first resource of the kind was made (epoch ms); None where there has never been one.

        Resources that are deleted count, until `delete_kind`.
        """
        if kind not in self._first and kind in self._keys:
            next(self.all_of(kind), None)
        return self._first.get(kind)

    def has_had(self, kind: str) -> bool:
        """Whether there has ever been a resource of the kind, as in `first_of`. It writes nothing."""
        return kind in self._first or any(self.peek(key) for key in self._keys.get(kind, ()))

    def delete_kind(self, kind: str) -> None:
        """Deletes all resources of a kind, as if there had never been one."""
        for made in list(self.all_of(kind)):
            self.delete(made.key)
        self._first.pop(kind, None)

    def leave(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        """Keeps resources that the workflow no longer lists."""
        for key in keys:
            found = self._find(key)
            if found and found[1] is workflow:
                self._counts[key[0]] += key not in self._left
                self._left[key] = found[0]
        while len(self._left) > RESOURCES_LEFT:
            oldest = next(iter(self._left))
            del self._left[oldest]
            self._counts[oldest[0]] -= 1
            self._forget_unknown(oldest)
            if not self._has_told:
                self._has_told = True
                log.warning(
                    "more than %d resources remain of deleted workflows; the oldest are forgotten from now on, "
                    "so requests do not find them",
                    RESOURCES_LEFT,
                )

    def delete(self, key: Key, by: Workflow | None = None) -> None:
        """Deletes a resource, whichever workflow lists it.

        The run of the workflow `by` takes it off its own list, at the time that its timeline says.
        """
        self._find(key)
        self._counts[key[0]] -= self._left.pop(key, None) is not None
        if key[0] == "model":
            self._deployed.pop(key[1], None)
        self._changes.pop(key, None)
        self._forget_unknown(key)
        for workflow in self.makers(key):
            if workflow is not by and workflow.lists(key, self._elapsed(workflow)) is not None:
                workflow.removed.add(key)

    def forget(self, workflow: Workflow) -> None:
        """Removes a workflow, with the resources that it made and that were not left."""
        for key, versions in workflow.made.items():
            if key[0] != "task" and any(not made.is_listed for made in versions):
                self.leave(workflow, [key])
            self._drop(workflow, key)
        self._begun.pop(workflow.id, None)

    def _drop(self, workflow: Workflow, key: Key) -> None:
        self._find(key)
        remove_from(self._makers, key, workflow.id)
        self._forget_unknown(key)

    def _forget_unknown(self, key: Key) -> None:
        """Forgets a key that nothing makes and nothing has left. Its kind stays."""
        if key not in self._makers and key not in self._left:
            self._keys.get(key[0], {}).pop(key, None)
            for label in self._labels.pop(key, ()):
                remove_from(self._labelled, label, key)

    def _find(self, key: Key) -> tuple[Made, Workflow | None] | None:
        """As `_look_up`. If the resource is the first of its kind that is seen, its time is noted for `first_of`."""
        found = self._look_up(key)
        if found and key[0] not in self._first:
            self._first[key[0]] = found[2]
        return found[:2] if found else None

    def _look_up(self, key: Key) -> tuple[Made, Workflow | None, int] | None:
        """The resource, the workflow that lists it (None for a resource that was left), and when it was first made."""
        left, makers = self._left.get(key), self._makers.get(key)
        if left is None and not makers:
            return None
        found: list[tuple[Made, Workflow | None]] = [(left, None)] if left else []
        ready = left is not None and (left.ready or (left.ready_at is not None and left.ready_at <= self._now()))
        for workflow in reversed(tuple(makers.values())) if makers else ():
            elapsed = self._elapsed(workflow)
            state = workflow.lists(key, elapsed)
            if state is not None:
                ready = ready or state
                found.append((workflow.made_by(key, elapsed) or Made(*key), workflow))
        if not found:
            return None
        made, owner = found[0]
        first = made.created
        if len(found) > 1:
            first = min(made.created for made, _ in found)
            made, owner = max(found, key=lambda one: one[0].since)  # of several of one moment, the first of this list
        if key[0] == "model" and key[1] in self._deployed:
            at = self._deployed[key[1]]
            made, ready = replace(made, ready_at=at, is_undeployed=at is None), at is not None and at <= self._now()
        created, changes = self._changes.get(key, (-1, None))
        current = changes.after_update(made.changed) if changes and created == made.created else None
        if made.ready != ready or made.changes is not current:
            made = replace(made, ready=ready, changes=current)
        return made, owner, first


_ALIASES: Final = "aliases"


def _alias_label(inputs: Mapping[str, Any]) -> str | None:
    """Whether the inputs of an index mention aliases. What they say is not read here."""
    return _ALIASES if _ALIASES in (inputs.get("configurations") or "") else None


def _no_label(_: Mapping[str, Any]) -> None:
    return None


_LABELS: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "model_group": lambda inputs: inputs.get("name"),
    "index": _alias_label,
}
