"""The live changes of one agency laid over its generations: immutable, each step a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

from hotlists.live_store import BY_REFRESH, LiveEntry
from matchers.index import Index
from matchers.watch import Generation
from matchers.wild import Patterns


@dataclass(frozen=True)
class Overlay:
    """What was added and withdrawn up to change number `change`. `confirmed` are entries whose
    withdrawal ended because a refresh no longer holds them, until that refresh is in use."""

    change: int = 0
    added: Mapping[UUID, LiveEntry] = field(default_factory=dict)
    withdrawn: frozenset[UUID] = frozenset()
    confirmed: frozenset[UUID] = frozenset()
    _made: dict[str, Generation] = field(default_factory=dict, compare=False, repr=False)
    """The layers of `added` that were made last, by source: a worker asks each second."""

    def settled(self) -> Overlay:
        """The same, once every list in force is in use."""
        return replace(self, confirmed=frozenset()) if self.confirmed else self

    def after(self, news: Iterable[LiveEntry], change: int) -> Overlay:
        """This overlay after further changes, of which `change` is the last."""
        added, withdrawn, confirmed = dict(self.added), set(self.withdrawn), set(self.confirmed)
        for one in news:
            which = one.entry.entry_id
            added.pop(which, None)
            withdrawn.discard(which)
            confirmed.discard(which)
            if one.op == "add":
                added[which] = one
            elif one.op == "withdraw":
                withdrawn.add(which)
            elif one.by == BY_REFRESH:
                confirmed.add(which)
        return Overlay(change, MappingProxyType(added), frozenset(withdrawn), frozenset(confirmed))

    def layers(self, agency: str, lists: Mapping[str, Generation]) -> Mapping[str, Generation]:
        """What was added, by source, as layers to match against. A layer is as fresh as its newest
        entry, and carries the number of its list's generation, 0 where there is none."""
        by_source: dict[str, list[LiveEntry]] = {}
        for one in self.added.values():
            by_source.setdefault(str(one.source), []).append(one)
        layers = {}
        for source, many in by_source.items():
            number = lists[source].number if source in lists else 0
            layer = self._made.get(source)
            if layer is None or layer.number != number:
                layer = self._made[source] = _layer(agency, source, many, number)
            layers[source] = layer
        return MappingProxyType(layers)


def _layer(agency: str, source: str, many: list[LiveEntry], below: int) -> Generation:
    entries = tuple(one.entry for one in sorted(many, key=lambda one: one.number))
    return Generation(
        number=below,
        source=source,
        source_name=many[0].source_name,
        agency=agency,
        refreshed_at=max(one.at for one in many),
        entries=entries,
        index=Index.build(entries),
        patterns=Patterns([(n, e.pattern) for n, e in enumerate(entries) if e.pattern]),
        described=tuple(n for n, e in enumerate(entries) if not e.plate and not e.pattern),
    )
