"""Which tags are used most just now: counts over a sliding window, in Valkey.

Each ten minutes have a slot: the posts that are counted in it, and the count of each tag. A post's
slot is in its id, and a post is counted once, so events may come twice, and the whole window may be
counted again from the event log at any time. That is done where the counts are lost.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django_redis import get_redis_connection
from redis.exceptions import RedisError

from apps.bundled.hashtags import texts
from apps.events import log as event_log
from apps.kernel import dependencies, waiting
from apps.posts import selectors as posts
from apps.posts.events import PostPublished
from apps.sharding import ids

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=24)
SLOT = timedelta(minutes=10)
TOP, IN_COLUMN = 20, 5
# A page shows what was so at most so long ago, without asking anybody.
KEPT_SECONDS = 30.0
# The list outlives its maker by so much, then there is none.
TOP_SECONDS = 300
PREFIX = "hashtags:"
COUNTED, LIST = f"{PREFIX}counted", f"{PREFIX}top"
Away = (RedisError, OSError)

COUNT = """
local by = tonumber(ARGV[2])
if redis.call(by > 0 and 'SADD' or 'SREM', KEYS[1], ARGV[1]) == 0 then return 0 end
for at = 4, #ARGV do redis.call('ZINCRBY', KEYS[2], by, ARGV[at]) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', 0)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
"""


class Trend(NamedTuple):
    """A tag, and how many posts of the window carry it."""

    tag: str
    posts: int


_kept: tuple[float, list[Trend]] = (float("-inf"), [])


def count(post_ids: Sequence[int]) -> None:
    """Count the tags of posts, each post once; of those that are older than the window none.

    A post may be deleted meanwhile, and that be heard before this: then it is taken out again.
    """
    found = {pk: texts.tags(text) for pk, text in posts.texts_of(post_ids).items()}
    _move(found, +1)
    gone = found.keys() - posts.existing(found)
    discount({pk: found[pk] for pk in gone})


def discount(tags: Mapping[int, Sequence[str]]) -> None:
    """Take posts (id: tags) out of the counts, where they are in."""
    _move(tags, -1)


def refresh() -> None:
    """Make the list of the most used tags anew; first the counts, where they were lost.

    Raises RedisError.
    """
    redis = _redis()
    if not redis.exists(COUNTED):
        _count_again()
        redis.set(COUNTED, 1)
    now = datetime.now(UTC)
    slots = [_key("tags", now - SLOT * n) for n in range(WINDOW // SLOT)]
    pipe = redis.pipeline(transaction=True)
    pipe.zunionstore(LIST, slots)
    pipe.zremrangebyrank(LIST, 0, -TOP - 1)
    pipe.expire(LIST, TOP_SECONDS)
    pipe.execute()


def top() -> list[Trend]:
    """Return the most used tags, the most used first; none where Valkey is away."""
    global _kept
    dependencies.good_for(KEPT_SECONDS)
    made, found = _kept
    if time.monotonic() - made >= KEPT_SECONDS:
        found = _read()
        _kept = (time.monotonic(), found)
    return found


def _read() -> list[Trend]:
    waiting.may_wait()
    try:
        rows = _redis().zrange(LIST, 0, -1, desc=True, withscores=True)
    except Away as error:
        log.warning("Nothing trends, since Valkey is away: %s", error)
        return []
    return [Trend(tag.decode(), int(score)) for tag, score in rows]


def _move(tags: Mapping[int, Sequence[str]], by: int) -> None:
    oldest = datetime.now(UTC) - WINDOW
    recent = {pk: found for pk, found in tags.items() if found and ids.time_of(pk) > oldest}
    if not recent:
        return
    seconds = int((WINDOW + SLOT).total_seconds())
    pipe = _redis().pipeline(transaction=False)
    for post_id, found in recent.items():
        moment = ids.time_of(post_id)
        keys = _key("posts", moment), _key("tags", moment)
        pipe.eval(COUNT, 2, *keys, post_id, by, seconds, *found)
    pipe.execute()


def _count_again() -> None:
    for events in event_log.since(PostPublished, datetime.now(UTC) - WINDOW):
        count([event.post_id for event in events if event.repost_of_id is None])


def _key(kind: str, moment: datetime) -> str:
    return f"{PREFIX}{kind}:{int(moment.timestamp() // SLOT.total_seconds())}"


def _redis() -> Any:
    return get_redis_connection("default")
