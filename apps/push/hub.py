"""One hub a process: it hears all that is told, and hands it to those whom it concerns.

Hints come over the channel layer. Every few seconds the hub looks into the log for what was
finished lately and finds what the layer lost: so a listener that stays connected misses nothing.
"""

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError

from apps.kernel.errors import RookeryError
from apps.push import missed, telling, topics
from apps.push.listeners import Listener
from apps.push.missed import EVERY_SECONDS, MARGIN, Interest
from apps.push.telling import Told
from apps.push.topics import EVERY, Data, Refused, Subscription, Topic
from apps.replication import tokens, watchers
from apps.replication.tokens import Token
from apps.sharding.conf import conf

log = logging.getLogger(__name__)

R = TypeVar("R")
Place = tuple[str, int]

# How many events back the hub knows what it has handed on already.
REMEMBERED = 50_000
RETRY_SECONDS = 1.0
# Each thread has its own connections: so few serve all listeners of this process.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="push")
_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


async def in_thread(function: Callable[..., R], *args: Any) -> R:
    """Run what asks a database in one of the process's few threads for that."""
    run = database_sync_to_async(function, thread_sensitive=False, executor=_threads)
    result: R = await run(*args)
    return result


def current() -> "Hub":
    """Return the hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _interest_of(account_id: int, subscription: Subscription) -> Interest:
    topic = subscription.topic
    if not topic.may(account_id):
        raise Refused(f"“{topic.name}” is for {topic.audience}.")
    keys = topic.keys(account_id, subscription.argument)
    return Interest(subscription, frozenset(keys), frozenset(topic.unheard(account_id)))


class Hub:
    """Who listens to what in this process."""

    def __init__(self) -> None:
        self._interest: defaultdict[Place, dict[Listener, Subscription]] = defaultdict(dict)
        self._places: dict[tuple[Listener, str], Interest] = {}
        self._handed: OrderedDict[int, None] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []
        self._token: Token = {}
        self._seen = ""
        # The open connections, to be sent away when the process ends.
        self.guests: set[Any] = set()
        # Set once the channel layer was asked for what is told, and the log for what was.
        self._hearing, self._looked = asyncio.Event(), asyncio.Event()

    def join(self, guest: Any) -> None:
        """Have a connection be told of servers that go and come, and be sent away at the end."""
        self._start()
        self.guests.add(guest)

    async def subscribe(self, listener: Listener, subscription: Subscription) -> Interest:
        """Have a listener hear a topic from now on; returns what it hears."""
        self._start()
        await self._hearing.wait()
        await self._looked.wait()
        interest = await in_thread(_interest_of, listener.account_id, subscription)
        self._note(listener, interest)
        return interest

    def unsubscribe(self, listener: Listener, label: str) -> None:
        """Have a listener hear a topic no longer; harmless where it does not."""
        subscription = listener.subscriptions.pop(label, None)
        if subscription is not None:
            self._forget(listener, subscription)

    def leave(self, listener: Listener) -> None:
        """Forget a listener whose connection is over."""
        for label in list(listener.subscriptions):
            self.unsubscribe(listener, label)

    def hand_on(self, told: Iterable[Told]) -> None:
        """Offer events to those whom they concern, each event once."""
        for event in told:
            if event.event_id in self._handed:
                continue
            self._remember([event.event_id])
            seen = self.seen(event)
            for name, data in event.messages.items():
                if not topics.is_on(name):
                    continue
                for key in (event.key, EVERY):
                    for listener, subscription in self._interest.get((name, key), {}).items():
                        if self._places[listener, subscription.label].hears(event.key):
                            listener.offer(
                                subscription, event.event_id, data, seen, event.request_id
                            )
            self._move(event)

    def hint(self, name: str, data: Data) -> None:
        """Offer a message of the moment to all who hear a topic; who misses it misses nothing."""
        for listener, subscription in self._interest.get((name, EVERY), {}).items():
            listener.offer(subscription, 0, data)

    def seen(self, event: Told) -> str:
        """Return the token for an event, further on than all that came before it.

        Events may overtake one another on the way; a browser keeps the last token only.
        """
        before = dict(self._token)
        tokens.merge(self._token, event.token)
        if self._token != before:
            self._seen = tokens.encode(self._token)
        return self._seen

    def _note(self, listener: Listener, interest: Interest) -> None:
        subscription = interest.subscription
        self._forget(listener, subscription)
        listener.subscriptions[subscription.label] = subscription
        self._places[listener, subscription.label] = interest
        for key in interest.keys:
            self._interest[subscription.topic.name, key][listener] = subscription

    def _forget(self, listener: Listener, subscription: Subscription) -> None:
        interest = self._places.pop((listener, subscription.label), None)
        for key in interest.keys if interest else ():
            place = (subscription.topic.name, key)
            self._interest[place].pop(listener, None)
            if not self._interest[place]:
                del self._interest[place]

    def _move(self, event: Told) -> None:
        """Ask anew what the listeners of an account hear, where the event has changed that."""
        for topic in topics.all_topics():
            if any(moving.topic == event.event_topic for moving in topic.moved_by):
                for listener, subscription in self._of_account(topic, event.key):
                    self._soon(self._renew(listener, subscription))

    def _of_account(self, topic: Topic, account_id: int) -> list[tuple[Listener, Subscription]]:
        """Return who of one account listens to a topic."""
        places = [(topic.name, account_id), (topic.name, EVERY)]
        found = [item for place in places for item in self._interest.get(place, {}).items()]
        return [item for item in found if item[0].account_id == account_id]

    async def _renew(self, listener: Listener, subscription: Subscription) -> None:
        """Ask until there is an answer; without one the listener hears nothing of the topic."""
        while subscription.label in listener.subscriptions:
            try:
                interest = await in_thread(_interest_of, listener.account_id, subscription)
            except (RookeryError, DatabaseError) as error:
                log.warning("What %d hears is not known: %s", listener.account_id, error)
                self._forget(listener, subscription)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if subscription.label in listener.subscriptions:
                    self._note(listener, interest)
                return

    def _remember(self, event_ids: Iterable[int]) -> None:
        self._handed.update(dict.fromkeys(event_ids))
        while len(self._handed) > REMEMBERED:
            self._handed.popitem(last=False)

    def _start(self) -> None:
        if not self._tasks:
            self._soon(self._hear())
            self._soon(self._look_into_the_log())
            self._watch(asyncio.get_running_loop())

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Find out by ourselves which primaries are there: no other process need be asked."""

        def changed(alias: str, is_up: bool) -> None:
            with suppress(RuntimeError):  # The loop is closed: its process ends.
                loop.call_soon_threadsafe(lambda: self._soon(self._say(alias, is_up)))

        watchers.on_change(changed)
        for alias in conf().primaries:
            watchers.keep(alias)

    async def _say(self, alias: str, is_up: bool) -> None:
        kind = "shard.up" if is_up else "shard.down"
        told = (guest.say_of_server(kind, alias) for guest in list(self.guests))
        await asyncio.gather(*told, return_exceptions=True)

    def _soon(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _hear(self) -> None:
        """Hear what is told over the channel layer, for as long as the process lives."""
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(telling.GROUP, channel)
                self._hearing.set()
                while True:
                    message = await layer.receive(channel)
                    if message["type"] == telling.HINT:
                        self.hint(message["topic"], message["data"])
                    else:
                        self.hand_on(telling.heard(message))
            except Exception as error:
                log.warning("The channel layer is away (%s); looking into the log.", error)
                self._hearing.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _look_into_the_log(self) -> None:
        """Find what the channel layer lost, for as long as the process lives."""
        while True:
            await asyncio.gather(*(self._look(shard) for shard in conf().shards))
            self._looked.set()
            await asyncio.sleep(EVERY_SECONDS)

    async def _look(self, shard: str) -> None:
        """Hand on what one shard finished lately; at the first look that is the past."""
        seconds = MARGIN.total_seconds() + EVERY_SECONDS
        try:
            finished = await in_thread(missed.lately, shard, seconds)
            unknown = [event_id for event_id in finished if event_id not in self._handed]
            if not self._looked.is_set():
                self._remember(unknown)
            elif unknown:
                self.hand_on(await in_thread(missed.told, shard, unknown))
        except DatabaseError as error:
            log.warning("%s cannot be asked for what was told lately: %s", shard, error)
