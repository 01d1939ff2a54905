"""With ``from time import sleep``."""

from time import sleep, time

from tests.support.python_api import poll


def deploy(url: str) -> str:
    began = time()
    while time() - began < 600:
        if (state := poll(url)) in ("COMPLETED", "FAILED"):
            return state
        sleep(5)
    return "timed out"
