"""A source's own settings: checked when they are made, so that a refresh never finds them wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from domain.errors import BadInput
from hotlists.cap.settings import settings_of
from hotlists.category_cells import CategoryRules
from hotlists.cron import cron
from hotlists.guards import Limits
from hotlists.sources import kind as kind_of_source
from hotlists.tables import template_of
from policy.loading import standard
from policy.model import Policy

KNOWN: dict[str, str] = {
    "category": "category of rows whose message key is missing or unknown",
    "mke": "further message keys, to category codes",
    "drop": "further message keys to drop like prohibited ones",
    "limits": "where the guards object (hotlists.guards.Limits)",
    "template": "the layout of a table file (hotlists.templates.Template)",
    "max_age_hours": "age from which the list is stale; without it the policy's",
    "schedule": "when to look for a new file: five cron fields, in the agency's time zone",
    "hours_without_expiry": "of an AMBER feed: how long an alert holds that says no end",
    "longest_hours": "of an AMBER feed: after that an alert ends whatever it says",
    "known_characters": "of an AMBER feed: a partial plate with fewer goes to a person",
    "incremental": "true: a file adds and removes, the rest of the list stays",
    "events": "of an AMBER feed: further SAME event codes, to category codes",
    "secret": "NAME of the secret BOLO_SECRET_NAME: the location's password, token or private key",
    "host_key": "of an sftp location: the server's public key, as ssh-ed25519 AAAA...",
}
"""Every setting of a source."""

SECRET = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
"""The name of a secret, as it stands in the environment behind BOLO_SECRET_."""


def check_settings(kind: str, settings: Mapping[str, Any], policy: Policy | None = None) -> None:
    """Raises BadInput for a setting that is wrong, Prohibited for one that policy forbids."""
    kind_of_source(kind)
    for name in settings:
        if name not in KNOWN:
            where = f"settings.{name}"
            problem = f"there is no such setting of a hotlist; there are: {', '.join(KNOWN)}"
            raise BadInput(where, problem)
    categories = (policy or standard()).categories
    if settings.get("category", "local") not in categories:
        problem = f"no such category; there are: {', '.join(sorted(categories))}"
        raise BadInput("settings.category", problem)
    CategoryRules(
        template_of(settings),
        policy,
        more=settings.get("mke", {}),
        dropped=settings.get("drop", ()),
    )
    if kind == "amber":
        settings_of(settings)
    age = settings.get("max_age_hours", 1)
    if isinstance(age, bool) or not isinstance(age, int | float) or not 0 < age <= 24 * 366:
        raise BadInput("settings.max_age_hours", "must be a number of hours")
    limits_of(settings)
    if settings.get("schedule"):
        cron(settings["schedule"])
    secret = settings.get("secret", "")
    if secret and not (isinstance(secret, str) and SECRET.fullmatch(secret)):
        problem = "must be the name of a secret, such as COUNTY_SFTP for BOLO_SECRET_COUNTY_SFTP"
        raise BadInput("settings.secret", problem)


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """The guards' limits for a source. Raises BadInput."""
    try:
        return msgspec.convert(settings.get("limits", {}), Limits)
    except msgspec.ValidationError as bad:
        raise BadInput("settings.limits", str(bad)) from bad
