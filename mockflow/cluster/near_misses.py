"""Near misses: the stubs that are closest to a request without a route which no stub matched."""

from collections.abc import Iterator
from typing import Final

from mockflow.cluster.active import ActiveStub
from mockflow.cluster.decision import InterceptedRequest, NearMiss
from mockflow.core.stubs.matching import apart, mismatches, nearness

_NEAR_MISSES: Final = 3
_CLOSE: Final = 20  # the stubs with the closest paths; only these are compared in full
MAX_COMPARED: Final = 300
"""The stubs of which paths are compared. Of more, those with the longest common beginning of the path are."""


def near_misses(stubs: list[ActiveStub], request: InterceptedRequest) -> Iterator[NearMiss]:
    """The closest stubs, each with the reasons why it did not match."""
    close = sorted(stubs, key=lambda one: apart(one.stub.request, request))[:_CLOSE]
    nearest = sorted(close, key=lambda one: nearness(one.stub.request, request))
    for active in nearest[:_NEAR_MISSES]:
        reasons = mismatches(active.stub.request, request)
        if not reasons and (when := active.stub.when):
            wanted = " and ".join(filter(None, [when.state, when.during and f"during {when.during}"]))
            reasons = [f"no workflow is {wanted}"]
        yield NearMiss(active.label, tuple(reasons))
