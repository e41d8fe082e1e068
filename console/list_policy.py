"""The agency's policy on screen: its sentences in groups, and which of them are only stated."""

from __future__ import annotations

from console.models import Shown
from policy import sentences
from policy.enforced import STATED
from policy.model import Policy


class Sentence(Shown):
    """`enforced`: bolo acts on it today; else the policy only says so."""

    text: str
    enforced: bool


class Group(Shown):
    """Sentences under a heading; of a category, with its priority."""

    heading: str
    code: str
    priority: int | None
    sentences: tuple[Sentence, ...]


class PolicyShown(Shown):
    """A policy. `sources` name the law or order behind it, `left_open` what it leaves to the
    agency, `never` what no policy can allow."""

    name: str
    state: str
    preset: str
    sources: tuple[str, ...]
    never: tuple[str, ...]
    categories: tuple[Group, ...]
    rules: tuple[Group, ...]
    left_open: tuple[str, ...]
    only_stated: int


_APART = ("Whose", "What can never be done", "Left to the agency")
"""Groups with a place of their own on the page."""


def policy_shown(policy: Policy) -> PolicyShown:
    """The policy as a page shows it: the same sentences as `bolo policy check`."""
    names = {f"{rule.name} ({code})": code for code, rule in policy.categories.items()}
    categories: list[Group] = []
    rules: list[Group] = []
    for heading, said in sentences.groups(policy):
        if heading in _APART:
            continue
        code = names.get(heading, "")
        rule = policy.categories.get(code)
        group = Group(
            heading=rule.name if rule else heading,
            code=code,
            priority=rule.priority if rule else None,
            sentences=tuple(_sentence(text) for text in said),
        )
        (categories if rule else rules).append(group)
    categories.sort(key=lambda group: group.priority or 9)
    every = (*categories, *rules)
    return PolicyShown(
        name=policy.name,
        state=policy.state,
        preset=policy.preset,
        sources=policy.sources,
        never=tuple(sentences.NEVER),
        categories=tuple(categories),
        rules=tuple(rules),
        left_open=policy.left_open,
        only_stated=sum(not one.enforced for group in every for one in group.sentences),
    )


def _sentence(text: str) -> Sentence:
    mark = f"{STATED}."
    if text.endswith(mark):
        return Sentence(text=text.removesuffix(mark) + ".", enforced=False)
    return Sentence(text=text, enforced=True)
