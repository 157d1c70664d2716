"""All topics, for people: what browsers may subscribe to, and the facts behind it."""

from dataclasses import fields
from inspect import getdoc
from typing import Any, NamedTuple

from apps.events import registry
from apps.push import topics


class Offer(NamedTuple):
    """A topic that browsers may subscribe to."""

    form: str
    about: str
    who: str
    facts: list[str]


class Fact(NamedTuple):
    """An event that apps announce: `fields` are names with types."""

    name: str
    version: int
    about: str
    fields: list[tuple[str, str]]
    subscribers: list[str]
    told_on: list[str]


def offers() -> list[Offer]:
    """Return what browsers may subscribe to, by name."""
    return [
        Offer(
            form=f"{topic.name}:<number>" if topic.takes_argument else topic.name,
            about=topic.about,
            who=topics.who_may(topic),
            facts=[event.topic for event in topic.events],
        )
        for topic in topics.all_topics()
    ]


def facts() -> list[Fact]:
    """Return what is announced, by name."""
    return [
        Fact(
            name=name.rpartition(".v")[0],
            version=int(name.rpartition(".v")[2]),
            about=(getdoc(event) or "").partition("\n")[0],
            fields=[(field.name, _type(field.type)) for field in fields(event)],
            subscribers=[s.name for s in registry.subscribers_of(name)],
            told_on=[topic.name for topic in topics.fed_by(name)],
        )
        for name, event in registry.topics().items()
    ]


def _type(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
