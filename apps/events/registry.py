"""Topics and who subscribes to them.

An event is a small fact in the past tense: a frozen dataclass of ids. Its class names the topic;
its field `key_field` names the owner whose shard keeps it.

    @dataclass(frozen=True)
    class PostPublished(Event):
        topic = "posts.post-published.v1"
        key_field = "author_id"
        post_id: int
        author_id: int
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar

from apps.events.errors import TopicTaken, TryLater, UnknownSubscriber
from apps.plugins import discovery, guard, switches
from apps.plugins.markers import Terms

E = TypeVar("E", bound="Event")
# Called with the event and its id in the outbox.
Handler = Callable[[Any, int], None]
# Called with many of them at once.
BatchHandler = Callable[[Sequence[tuple[Any, int]]], None]

# What a plugin may take for one handing over; a slow one for what servers of others take.
TERMS = Terms(seconds=10.0, queries=2000, passes=(TryLater,))
SLOW_TERMS = Terms(seconds=60.0, queries=2000, passes=(TryLater,))

_events: dict[str, "type[Event]"] = {}
_subscribers: dict[str, "Subscriber"] = {}


@dataclass(frozen=True)
class Event:
    """A fact that other apps may act on.

    Transactions that announce events of one key wait for one another, so that the order of the ids
    is that of the commits; with `in_order` off they do not, and no order is promised: for facts
    about a key that many write to at once.
    """

    topic: ClassVar[str]
    key_field: ClassVar[str]
    in_order: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        known = _events.setdefault(cls.topic, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TopicTaken(cls.topic, known.__qualname__, cls.__qualname__)

    @property
    def key(self) -> int:
        """The id of the owner in whose transaction the fact became true."""
        return int(getattr(self, self.key_field))

    def payload(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return asdict(self)


@dataclass(frozen=True)
class Subscriber:
    """Code that reacts to one topic; `name` is the dotted path of its function.

    An ordered one gets the events of one key in the order of their commits, each when the one
    before is done or dead. To another one a failed event is no reason to wait. Where `when` says
    no to an event, it is never handed to this one. With `batch` it is handed many events at once.
    A `slow` one, which asks servers of others, runs in tasks of its own: nobody waits for it.
    One of a `plugin` is guarded, and hears of nothing while its plugin is off.
    """

    name: str
    topic: str
    handle: BatchHandler
    ordered: bool = True
    when: Callable[[Any], bool] = lambda event: True
    batch: bool = False
    slow: bool = False
    plugin: str | None = None

    @property
    def is_on(self) -> bool:
        """Tell whether it is to be called now."""
        return self.plugin is None or switches.is_on(self.plugin)


def subscriber(
    event: "type[Event]",
    *,
    ordered: bool = True,
    when: Callable[[Any], bool] = lambda event: True,
    slow: bool = False,
    name: str | None = None,
) -> Callable[[Handler], Handler]:
    """Subscribe a function to an event. It may be called more than once for the same event.

    One function under several names may subscribe to several events.
    """

    def register(handle: Handler) -> Handler:
        _register(handle, event, one_by_one(handle), ordered, when, False, slow, name)
        return handle

    return register


def batch_subscriber(
    event: "type[Event]", *, ordered: bool = True, when: Callable[[Any], bool] = lambda event: True
) -> Callable[[BatchHandler], BatchHandler]:
    """Subscribe a function that takes many events, with their ids, in the order of the ids.

    They are of one shard but of any keys. If it raises, it is called again for each alone.
    """

    def register(handle: BatchHandler) -> BatchHandler:
        _register(handle, event, handle, ordered, when, True)
        return handle

    return register


def name_of(handle: Callable[..., None]) -> str:
    """Return the name under which a function subscribes."""
    return f"{handle.__module__}.{handle.__qualname__}"


def one_by_one(handle: Handler) -> BatchHandler:
    """Return a function that hands each of many events to `handle`; the first fault ends it."""

    def handle_many(batch: Sequence[tuple[Any, int]]) -> None:
        for event, event_id in batch:
            handle(event, event_id)

    return handle_many


def _register(
    handle: Any,
    event: "type[Event]",
    many: BatchHandler,
    ordered: bool,
    when: Callable[[Any], bool],
    batch: bool,
    slow: bool = False,
    name: str | None = None,
) -> None:
    name, plugin = name or name_of(handle), discovery.owner_of(handle.__module__)
    if plugin is not None:
        many = guard.wrap(plugin, f"subscriber {name}", many, SLOW_TERMS if slow else TERMS)
    _subscribers[name] = Subscriber(name, event.topic, many, ordered, when, batch, slow, plugin)


def subscribers_of(topic: str) -> list[Subscriber]:
    """Return the subscribers of a topic, by name; those of plugins that are on."""
    found = (s for s in _subscribers.values() if s.topic == topic and s.is_on)
    return sorted(found, key=lambda s: s.name)


def silent() -> list[str]:
    """Return the names of the subscribers whose plugins are off."""
    return [name for name, subscriber in _subscribers.items() if not subscriber.is_on]


def subscriber_named(name: str) -> Subscriber:
    """Return a subscriber; raises UnknownSubscriber."""
    try:
        return _subscribers[name]
    except KeyError:
        raise UnknownSubscriber(name) from None


def topics() -> dict[str, "type[Event]"]:
    """Return every declared event by its topic."""
    return dict(sorted(_events.items()))


def restore(topic: str, payload: dict[str, Any] | str) -> Event:
    """Return the event that a row of the outbox holds, its payload as fields or as JSON text."""
    values = json.loads(payload) if isinstance(payload, str) else payload
    return _events[topic](**values)
