"""With ``import time``."""

import time

from tests.support.python_api import poll


def deploy(url: str) -> str:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if (state := poll(url)) in ("COMPLETED", "FAILED"):
            return state
        time.sleep(5)
    return "timed out"
