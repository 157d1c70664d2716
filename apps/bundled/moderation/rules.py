"""The rules for words, as staff have written them, and what they find."""

from collections.abc import Callable
from functools import lru_cache, partial

from apps.bundled.moderation import actions, matching
from apps.bundled.moderation.kinds import Deed, Treatment
from apps.bundled.moderation.matching import TooLong, Wanted
from apps.bundled.moderation.models import Rule
from apps.caching.queries import cached
from apps.sharding.conf import conf

DIRECTORY = conf().directory
KEPT = 4096
LATE = "This could not be checked in time, so a person looks at it."


def found_in(text: str, *, reviewed: bool = False) -> Wanted | None:
    """Return what refuses or holds a text, None where nothing does.

    What cannot be searched in time is held. In a `reviewed` text nothing is held.
    """
    treatments = [Treatment.REFUSE] if reviewed else [Treatment.REFUSE, Treatment.HOLD]
    rules = [rule for rule in active() if rule.treatment in treatments]
    try:
        return matching.first(rules, text)
    except TooLong as late:
        return None if reviewed else late.rule._replace(treatment=Treatment.HOLD, reason=LATE)


def marking() -> Callable[[str], str | None]:
    """Return what tells what readers are told above a text, None where nothing is to be said.

    The rules are asked for once, however many texts there are.
    """
    marks = tuple(rule for rule in active() if rule.treatment == Treatment.MARK)
    return partial(_mark_of, marks)


def active() -> list[Wanted]:
    """Return the rules that are in use, in their order."""
    return [Wanted(*row) for row in _active()]


def save(rule: Rule, *, by_id: int, change: str) -> None:
    """Store a rule; the audit log has it, beside who wrote it."""
    actions.record(account_id=by_id, by_id=by_id, deed=Deed.RULED, reason=f"{change}: {rule}")
    rule.save(using=DIRECTORY)


def delete(rule: Rule, *, by_id: int) -> None:
    """Delete a rule; the audit log has it, beside who did."""
    actions.record(account_id=by_id, by_id=by_id, deed=Deed.RULED, reason=f"deleted: {rule}")
    rule.delete(using=DIRECTORY)


@cached("moderation.rules", tags=lambda: ["moderation.rules:all"], group=DIRECTORY)
def _active() -> list[tuple[str, str, str, str]]:
    rows = Rule.objects.filter(is_on=True).order_by("position", "id")
    return list(rows.values_list("kind", "pattern", "treatment", "reason"))


@lru_cache(KEPT)
def _mark_of(rules: tuple[Wanted, ...], text: str) -> str | None:
    try:
        found = matching.first(rules, text)
    except TooLong:
        return None
    return found.reason if found else None
