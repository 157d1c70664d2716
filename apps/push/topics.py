"""What browsers may subscribe to: the server defines the topics, and who may hear them.

    class Public(Topic):
        name = "public"
        about = "Posts by everybody."
        events = {PostPublished: None}

        def keys(self, account_id, argument):
            return [EVERY]

        def messages(self, told):
            return {event_id: {"post_id": str(event.post_id)} for event_id, event in told}

    register(Public())

A message is a hint that something is there to be read, never the thing itself.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from apps.events import announcements
from apps.events.announcements import Announced
from apps.events.registry import Event
from apps.plugins import discovery, guard, switches
from apps.plugins.errors import PluginFailed
from apps.plugins.markers import Terms

# Stands for the events of all keys.
EVERY = 0
Data = dict[str, Any]
# What a plugin may take to say who hears what.
TERMS = Terms(seconds=2.0, queries=50)

_topics: dict[str, "Topic"] = {}


class Topic:
    """One kind of subscription; one that `takes_argument` is asked for as `name:number`.

    `events` are what it tells of, each with the subscriber that must be done with it first (None:
    all of them). An event in `moved_by` changes which keys the account that is its key hears.
    Of a topic with `latest_only` a slow browser gets the last message instead of each. One without
    events is told by `telling.hint`, for what is true only now and is in no log.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    events: ClassVar[Mapping[type[Event], Callable[..., None] | None]]
    moved_by: ClassVar[tuple[type[Event], ...]] = ()
    needs_account: ClassVar[bool] = False
    takes_argument: ClassVar[bool] = False
    latest_only: ClassVar[bool] = False
    # Who may subscribe, in words, where `may` says no to some.
    audience: ClassVar[str] = ""

    def may(self, account_id: int) -> bool:
        """Tell whether an account may hear this; asked at the start and again while it listens."""
        return True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Return the keys of the events that a subscriber hears; EVERY for those of all.

        `account_id` and `argument` are 0 where there is none.
        """
        raise NotImplementedError

    def unheard(self, account_id: int) -> Collection[int]:
        """Return the keys whose events a subscriber does not hear, whatever `keys` says."""
        return ()

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """Return what to say of each event, by its id; of what is left out nothing is said."""
        raise NotImplementedError

    def still(self, told: Sequence[Announced]) -> Sequence[Announced]:
        """Return the events that may still be told to who missed them: what is gone is not."""
        return told


class Subscription(NamedTuple):
    """What a browser asked for: a topic, and what it takes."""

    topic: Topic
    argument: int

    @property
    def label(self) -> str:
        """The text that asks for it."""
        return f"{self.topic.name}:{self.argument}" if self.argument else self.topic.name


class Refused(Exception):
    """A subscription is not given, with the reason for whoever asked."""


def register(topic: Topic) -> None:
    """Make a topic known, and have its events announced. A plugin's tells nothing when it fails."""
    plugin = discovery.owner_of(type(topic).__module__)
    if plugin is not None:
        for name, nothing in (("keys", ()), ("unheard", ()), ("messages", {}), ("still", ())):
            setattr(topic, name, _guarded(plugin, topic, name, nothing))
    _topics[topic.name] = topic
    for event, after in topic.events.items():
        if after is not None or event.topic not in announcements.declared():
            announcements.declare(event, after=after)
    for event in topic.moved_by:
        if event.topic not in announcements.declared():
            announcements.declare(event)


def all_topics() -> list[Topic]:
    """Return every topic, by name; those of plugins that are on."""
    return sorted((t for t in _topics.values() if _is_on(t)), key=lambda topic: topic.name)


def is_on(name: str) -> bool:
    """Tell whether there is such a topic now."""
    return name in _topics and _is_on(_topics[name])


def named(name: str) -> Topic:
    """Return a topic; raises KeyError."""
    return _topics[name]


def fed_by(event_topic: str) -> list[Topic]:
    """Return the topics that tell of an event."""
    return [t for t in all_topics() if any(e.topic == event_topic for e in t.events)]


def who_may(topic: Topic) -> str:
    """Say who may subscribe."""
    if topic.audience:
        return topic.audience
    return "signed-in accounts, each for itself" if topic.needs_account else "everybody"


def subscription(text: object, account_id: int) -> Subscription:
    """Return what a text like `home` or `post:17` asks for; raises Refused with the reason."""
    name, _, argument = str(text).partition(":")
    topic = _topics.get(name)
    if topic is None or not _is_on(topic):
        raise Refused(f"There is no topic “{name[:40]}”. The topics are listed at /topics.")
    if topic.needs_account and not account_id:
        raise Refused(f"Sign in to subscribe to “{name}”.")
    if topic.takes_argument != bool(argument):
        form = f"“{name}:” and a number" if topic.takes_argument else f"“{name}” alone"
        raise Refused(f"Ask for {form}.")
    is_number = argument.isascii() and argument.isdigit() and len(argument) < 20
    # 0 is no id: it would stand for those of all.
    if argument and not (is_number and int(argument)):
        raise Refused(f"“{argument[:40]}” is not a number from 1 on.")
    return Subscription(topic, int(argument or 0))


def _is_on(topic: Topic) -> bool:
    return not switches.is_silent(type(topic).__module__)


def _guarded(plugin: str, topic: Topic, name: str, nothing: Any) -> Callable[..., Any]:
    ask = guard.wrap(plugin, f"topic {topic.name}: {name}", getattr(topic, name), TERMS)

    def answer(*args: Any) -> Any:
        try:
            return ask(*args)
        except PluginFailed:
            return nothing

    return answer
