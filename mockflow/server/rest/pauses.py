"""Work on the loop in steps, with pauses in which clients are answered."""

import asyncio
from time import perf_counter
from typing import Final, TypeVar

from mockflow.core.base.steps import Steps
from mockflow.server.rest.worker import keep_out_of_collection

Result = TypeVar("Result")

_TURN: Final = 0.01
"""Seconds of work between two pauses."""


async def with_pauses(steps: Steps[Result], *, keeps_many: bool = False) -> Result:
    """The result of all steps, with a pause whenever they have taken a few milliseconds.

    With `keeps_many` they make very many objects that stay, and which a garbage collection would go through in vain.
    """
    began = perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        if perf_counter() - began > _TURN:
            if keeps_many:
                keep_out_of_collection()
            await asyncio.sleep(0)
            began = perf_counter()
