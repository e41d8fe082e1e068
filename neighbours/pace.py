"""How often somebody may ask: a bucket of tokens each, in memory. Pure but for its own state."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass
class Pace:
    """`burst` requests at once, then `rate` a second. Who asked least recently is forgotten when
    there are more than `known`."""

    burst: float
    rate: float
    known: int = 10_000
    _left: dict[Hashable, tuple[float, float]] = field(default_factory=dict)

    def wait(self, who: Hashable, now: float) -> float:
        """Seconds until the next request may come; 0 takes one now. `now` counts seconds."""
        left, at = self._left.pop(who, (self.burst, now))
        left = min(self.burst, left + max(0.0, now - at) * self.rate)
        taken = left >= 1
        self._left[who] = (left - 1 if taken else left, now)
        if len(self._left) > self.known:
            del self._left[next(iter(self._left))]
        return 0.0 if taken else (1 - left) / self.rate
