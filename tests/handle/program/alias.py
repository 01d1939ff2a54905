"""With ``import time as t``, counting in nanoseconds."""

import time as t

from tests.support.python_api import poll


def deploy(url: str, workflow_id: str = "w", pause: float = 5) -> str:
    began = t.perf_counter_ns()
    while t.perf_counter_ns() - began < 600 * 10**9:
        if (state := poll(url, workflow_id)) in ("COMPLETED", "FAILED"):
            return state
        t.sleep(pause)
    return "timed out"
