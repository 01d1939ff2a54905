"""Work on the loop in steps, with pauses in which clients are answered."""

import asyncio
from time import perf_counter
from typing import Final, TypeVar

from mockflow.core.base.steps import Steps
from mockflow.server.rest.worker import keep_out_of_collection

Result = TypeVar("Result")

_TURN: Final = 0.01
"""Seconds of work between two pauses."""


async def with_pauses(steps: Steps[Result], *, keeps_many: bool = False, to_the_end: bool = False) -> Result:
    """The result of all steps, with a pause whenever they have taken a few milliseconds.

    With `keeps_many` they make very many objects that stay, and which a garbage collection would go through in vain.
    With `to_the_end` no step is left out although the client disconnects, for some alone would be half a change.
    """
    cancelled: asyncio.CancelledError | None = None
    began = perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            if cancelled is not None:
                raise cancelled from None
            result: Result = end.value
            return result
        if perf_counter() - began > _TURN:
            if keeps_many:
                keep_out_of_collection()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError as error:
                if not to_the_end:
                    raise
                cancelled = error
            began = perf_counter()
