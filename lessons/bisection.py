"""A search for the largest number that is still good.

Knows nothing of what is searched. Invariant: the answer was tried and found good, or is 0.
"""

from __future__ import annotations

from collections.abc import Callable


def most(count: int, good: Callable[[int], bool]) -> int:
    """The largest number up to `count` that is good, if all below it are; 0 if 1 is not.

    Doubles before it halves, so that only numbers up to twice the answer are tried: trying
    may cost as much as what is tried is long. Asks at most 2 log2(count) + 2 times.
    """
    low, high = 0, 1
    while high <= count and good(high):
        low, high = high, 2 * high
    high = min(high, count + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low
