"""What is in the cluster besides workflows: whatever their runs have created and nobody has deleted.

Whether something exists follows from the status of the workflow that made it, so it appears and disappears with the
timeline. Only what its workflow has forgotten and the cluster has not is kept here for itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mockflow.cluster.workflow import Workflow
from mockflow.core.resources import Key, Made


class Registry:
    """Finds what exists, by kind and id. `elapsed` tells a workflow's elapsed time now."""

    def __init__(self, elapsed: Callable[[Workflow], int]) -> None:
        self._elapsed = elapsed
        self._makers: dict[Key, dict[str, Workflow]] = {}
        self._left: dict[Key, Made] = {}

    def expect(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        """A run of `workflow` makes these, sooner or later."""
        for key in keys:
            self._makers.setdefault(key, {})[workflow.id] = workflow

    def makers(self, key: Key) -> Iterable[Workflow]:
        """The workflows whose runs make it, whether it is there yet or not."""
        return self._makers.get(key, {}).values()

    def find(self, key: Key) -> Made | None:
        """What exists now; of several workflows that have made the same, the last one's."""
        for workflow in reversed(self._makers.get(key, {}).values()):
            listed = workflow.listed(self._elapsed(workflow))
            if key in listed:
                return self._made(workflow, key, ready=listed[key])
        return self._left.get(key)

    def all_of(self, kind: str) -> Iterator[Made]:
        """Everything of one kind, in the order in which it was first made."""
        for key in dict.fromkeys([*self._makers, *self._left]):
            if key[0] == kind and (made := self.find(key)):
                yield made

    def leave(self, workflow: Workflow, keys: Iterable[Key]) -> None:
        """The workflow forgets these; the cluster keeps them."""
        listed = workflow.listed(self._elapsed(workflow))
        for key in keys:
            if key in listed:
                self._left[key] = self._made(workflow, key, ready=listed[key])

    def delete(self, key: Key) -> None:
        """Gone from the cluster, whoever lists it still."""
        self._left.pop(key, None)
        for workflow in self.makers(key):
            workflow.removed.add(key)

    def delete_for_others(self, key: Key, by: Workflow) -> None:
        """As `delete`; the workflow `by` takes it off its own list itself, at its time."""
        self.delete(key)
        by.removed.discard(key)

    def forget(self, workflow: Workflow) -> None:
        """The workflow is no more; what it has made goes with it unless it was left."""
        for key in workflow.made:
            makers = self._makers.get(key, {})
            makers.pop(workflow.id, None)
            if not makers:
                self._makers.pop(key, None)

    @staticmethod
    def _made(workflow: Workflow, key: Key, *, ready: bool) -> Made:
        return replace(workflow.made.get(key, Made(*key)), ready=ready)
