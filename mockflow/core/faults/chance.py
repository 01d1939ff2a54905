"""Repeatable chance: a draw is a hash of seed, fault and call number, so each run of a test sees the same faults."""

import hashlib
import math

from mockflow.core.base.durations import MAX_MS, parse_duration
from mockflow.core.faults.delay import Delay


def draw(seed: int, fault: str, call: int, purpose: str = "") -> float:
    """A number from 0 to 1 (exclusive), uniformly distributed."""
    digest = hashlib.blake2b(f"{seed}\0{fault}\0{call}\0{purpose}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def milliseconds(delay: Delay, chance: float) -> float:
    """The delay of one response in ms; `chance` is a draw."""
    if delay.fixed is not None:
        return parse_duration(delay.fixed)
    if delay.uniform is not None:
        low, high = parse_duration(delay.uniform.min), parse_duration(delay.uniform.max)
        return low + (high - low) * chance
    assert delay.lognormal is not None
    from statistics import NormalDist  # large, and few faults need it

    normal = NormalDist().inv_cdf(min(max(chance, 1e-12), 1 - 1e-12))
    return min(parse_duration(delay.lognormal.median) * math.exp(delay.lognormal.sigma * normal), MAX_MS)
