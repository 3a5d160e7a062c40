"""How often one address may ask for something."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address

MOST_KNOWN = 10_000  # addresses; who has not come for long is forgotten first
_PREFIX_V6 = 8  # bytes of an IPv6 address that a household or a network shares


class Limit:
    """
    So many at once, fewer for long, for each of those who ask.

    Parameters
    ----------
    burst : int
        What may be asked for at once.
    per_s : float
        What may be asked for in the long run. [1/s]
    now_s : callable
        The time. [s]
    """

    def __init__(
        self, burst: int, per_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._per_s, self._now_s = burst, per_s, now_s
        self._left: dict[str, tuple[float, float]] = {}  # what is left, and when that was so

    def allows(self, who: str) -> bool:
        """Whether one more is allowed, which then counts."""
        now_s = self._now_s()
        left, at_s = self._left.pop(who, (float(self._burst), now_s))
        left = min(self._burst, left + (now_s - at_s) * self._per_s)
        allowed = left >= 1
        self._left[who] = (left - 1 if allowed else left), now_s
        while len(self._left) > MOST_KNOWN:
            del self._left[next(iter(self._left))]
        return allowed


def household(address: str) -> str:
    """
    Who is behind an address: of IPv6 everybody has plenty.

    >>> household("192.0.2.7"), household("2001:db8::1") == household("2001:db8::2")
    ('192.0.2.7', True)
    """
    try:
        number = ip_address(address)
    except ValueError:  # of a socket that has none
        return address
    return address if number.version == 4 else number.packed[:_PREFIX_V6].hex()
