"""What a read and an entry are weighed with, beside themselves: tables, the lists' size,
thresholds, and what people taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log

import numpy as np
import numpy.typing as npt

from matchers.background import state_number
from matchers.confusion import Confusion, standard
from matchers.state_words import STATES
from matchers.thresholds import Thresholds
from matchers.traffic_learning import home_of, usual
from matchers.watch import Memory, Watch


@dataclass(frozen=True)
class Scales:
    """`wanted` is how many entries the agency's lists hold together, `by_state` how many of each
    state's plates (by matchers.background numbers; none: not known); `home` the agency's own state
    (NCIC code), "" for one that reads traffic of every state alike."""

    table: Confusion = field(default_factory=standard)
    wanted: int = 1
    by_state: Sequence[int] | npt.NDArray[np.int64] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    memory: Memory = field(default_factory=Memory)
    home: str = ""

    @classmethod
    def of(cls, watch: Watch) -> Scales:
        """Those of an agency's watch."""
        layers = (*watch.generations.values(), *watch.added.values())
        return cls(
            wanted=max(1, sum(len(layer) for layer in layers)),
            by_state=np.sum([layer.index.states for layer in layers], axis=0) if layers else (),
            thresholds=watch.thresholds,
            memory=watch.memory,
            home=home_of(watch.agency),
        )

    def prior(self, state: str) -> float:
        """ln of how often a read is of one certain entry's vehicle, before anything is known: a
        wanted vehicle is as often of a state as traffic is, and any of the state's entries alike.
        An entry without a state is any of all."""
        own = self.memory.traffic
        share = min(own.entry_share, own.wanted_share / self.listed(state))
        if state_number(state) and len(self.by_state):
            share *= self.traffic_share(state)
        return log(share)

    def listed(self, state: str) -> int:
        """How many entries are of this state's plates."""
        number = state_number(state)
        return max(1, int(self.by_state[number])) if number and len(self.by_state) else self.wanted

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """`traffic_share` by the number of the state; 1 for none."""
        table = np.ones(256)
        for state in STATES:
            if number := state_number(state):
                table[number] = self.traffic_share(state)
        return table

    @cached_property
    def priors(self) -> npt.NDArray[np.float64]:
        """`prior` by the number of the entry's state, 0 for none."""
        table = np.full(256, self.prior(""))
        for state in STATES:
            if number := state_number(state):
                table[number] = self.prior(state)
        return table

    @cached_property
    def traffic(self) -> Mapping[str, float]:
        """The share of each state's plates in the agency's traffic: as counted of its own reads,
        else as the state of its ORI says."""
        return self.memory.traffic.shares or usual(self.home)

    def traffic_share(self, state: str) -> float:
        """The same of one state; a small one for what is in no table."""
        return self.traffic.get(state, 1e-4)
