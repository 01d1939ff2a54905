"""What is in the cluster besides workflows: whatever their runs have created and nobody has deleted.

Whether something exists follows from the status of the workflow that made it, so it appears and disappears with the
timeline. Only what its workflow has forgotten and the cluster has not is kept here for itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mockflow.cluster.workflow import Workflow
from mockflow.core.plugin.resources import Key, Made


class Registry:
    """Finds what exists, by kind and id. `elapsed` tells a workflow's elapsed time now."""

    def __init__(self, elapsed: Callable[[Workflow], int]) -> None:
        self._elapsed = elapsed
        self._makers: dict[Key, dict[str, Workflow]] = {}
        self._left: dict[Key, Made] = {}
        self._kinds: set[str] = set()

    def expect(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        """A run of `workflow` makes these, or refers to them, sooner or later."""
        for key in keys:
            self._kinds.add(key[0])
            makers = self._makers.setdefault(key, {})
            makers.pop(workflow.id, None)
            makers[workflow.id] = workflow

    def remake(self, workflow: Workflow, before: Iterable[Key]) -> None:
        """The runs of `workflow` make other things than `before`; among the makers of the same it keeps its place."""
        keys = set(before)
        for key in keys - workflow.made.keys():
            self._drop(workflow, key)
        self.expect(workflow, [key for key in workflow.made if key not in keys])

    def makers(self, key: Key) -> Iterable[Workflow]:
        """The workflows whose runs make it, whether it is there yet or not; the one that began last is the last."""
        return self._makers.get(key, {}).values()

    def maker_of(self, resource_id: str) -> Workflow | None:
        """The workflow whose run makes what has this id, whatever it is; of several the one that began last."""
        for kind in self._kinds:
            for workflow in reversed(tuple(self.makers((kind, resource_id)))):
                return workflow
        return None

    def find(self, key: Key) -> Made | None:
        """What exists now; of what several workflows have made of the same, the latest."""
        found = self._find(key)
        return found[0] if found else None

    def is_coming(self, key: Key) -> bool:
        """Whether a run that is under way makes it later."""
        return any(workflow.is_to_make(key, self._elapsed(workflow)) for workflow in self.makers(key))

    def all_of(self, kind: str) -> Iterator[Made]:
        """Everything of one kind, in the order in which it was first made."""
        for key in dict.fromkeys([*self._makers, *self._left]):
            if key[0] == kind and (made := self.find(key)):
                yield made

    def leave(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        """The workflow forgets these; the cluster keeps them."""
        for key in keys:
            found = self._find(key)
            if found and found[1] is workflow:
                self._left[key] = found[0]

    def delete(self, key: Key, by: Workflow | None = None) -> None:
        """Gone from the cluster, whoever lists it; the workflow `by` takes it off its own list itself, at its time."""
        self._left.pop(key, None)
        for workflow in self.makers(key):
            if workflow is not by and key in workflow.listed(self._elapsed(workflow)):
                workflow.removed.add(key)

    def forget(self, workflow: Workflow) -> None:
        """The workflow is no more; what it has made goes with it unless it was left."""
        for key in workflow.made:
            self._drop(workflow, key)

    def _drop(self, workflow: Workflow, key: Key) -> None:
        makers = self._makers.get(key, {})
        makers.pop(workflow.id, None)
        if not makers:
            self._makers.pop(key, None)

    def _find(self, key: Key) -> tuple[Made, Workflow | None] | None:
        """What exists, and whose it is; None where nobody lists it any more."""
        left = self._left.get(key)
        found: list[tuple[Made, Workflow | None]] = [(left, None)] if left else []
        ready = left is not None and left.ready
        for workflow in reversed(tuple(self.makers(key))):
            elapsed = self._elapsed(workflow)
            listed = workflow.listed(elapsed)
            if key in listed:
                ready = ready or listed[key]
                found.append((workflow.made_by(key, elapsed) or Made(*key), workflow))
        if not found:
            return None
        made, owner = max(found, key=lambda one: one[0].since)  # of several of one moment, the first of this list
        return replace(made, ready=ready), owner
