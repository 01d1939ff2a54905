"""Active faults by the calls that their `on` names."""

from collections.abc import Iterable

from mockflow.cluster.active import ActiveFault
from mockflow.cluster.decision import InterceptedRequest
from mockflow.core.base.groups import remove_from
from mockflow.core.base.path_index import PathIndex
from mockflow.core.faults.model import ANY


class CallIndex:
    """Finds the faults that name a request without going through the others."""

    def __init__(self, faults: Iterable[ActiveFault] = ()) -> None:
        self._by_target: dict[str, dict[ActiveFault, None]] = {}
        self._by_path: PathIndex[ActiveFault] = PathIndex()
        self._with_path = 0
        for fault in faults:
            self.add(fault)

    def add(self, fault: ActiveFault) -> None:
        for target in fault.operations:
            self._by_target.setdefault(target, {})[fault] = None
        for pattern in fault.patterns:
            self._by_path.add(pattern, fault)
        self._with_path += bool(fault.patterns)

    def remove(self, fault: ActiveFault) -> None:
        for target in fault.operations:
            remove_from(self._by_target, target, fault)
        for pattern in fault.patterns:
            self._by_path.remove(pattern, fault)
        self._with_path -= bool(fault.patterns)

    def naming(self, request: InterceptedRequest) -> list[ActiveFault]:
        """The faults whose `on` names the request, each one once, in no order."""
        found = {**self._by_target.get(ANY, {}), **self._by_target.get(request.operation, {})}
        if self._with_path:
            found.update((fault, None) for fault in self._by_path.find(request.path) if fault.names(request))
        return list(found)

    @property
    def is_empty(self) -> bool:
        """Whether there are no faults."""
        return not (self._by_target or self._with_path)

    def may_name(self, operation: str) -> bool:
        """Whether any fault may name a call of this operation."""
        return ANY in self._by_target or operation in self._by_target or self._with_path > 0
