"""A fake OpenSearch for programs that use the flow-framework API.

The names of the Python API are loaded when they are first used: having the package installed costs nothing.
"""

from __future__ import annotations

from mockflow._version import __version__ as __version__

TYPE_CHECKING = False  # as in typing, whose import would take longer than that of this package

if TYPE_CHECKING:
    from typing import Any

    from mockflow.handle import (
        ClusterHandle as ClusterHandle,
    )
    from mockflow.handle import (
        MockFlow as MockFlow,
    )
    from mockflow.handle import (
        MockFlowError as MockFlowError,
    )
    from mockflow.handle import (
        NeverComesError as NeverComesError,
    )
    from mockflow.handle import (
        Scenario as Scenario,
    )
    from mockflow.handle import (
        ScenarioError as ScenarioError,
    )

__all__ = ["ClusterHandle", "MockFlow", "MockFlowError", "NeverComesError", "Scenario", "ScenarioError"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from mockflow import handle

        return getattr(handle, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
