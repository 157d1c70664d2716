"""Which streams there are, and what each hears of the topics of push. Pure.

A stream of this protocol is made of topics: `user` of one's home timeline, of what is deleted from
it or changed in it, and of one's notifications. Several streams of a connection may share a topic.
"""

from typing import NamedTuple

USER = ("home", "home-deleted", "home-edited", "notified")
PUBLIC = ("public", "public-deleted", "public-edited")
TOPICS: dict[str, tuple[str, ...]] = {
    "user": USER,
    "user:notification": ("notified",),
    "public": PUBLIC,
    "public:local": PUBLIC,
    "hashtag": PUBLIC,
    "hashtag:local": PUBLIC,
    "public:media": PUBLIC,
    "public:local:media": PUBLIC,
    # There are no other sites, lists or conversations: nothing is ever heard.
    "public:remote": (),
    "public:remote:media": (),
    "list": (),
    "direct": (),
}
OWN = ("user", "user:notification", "list", "direct")
# How the same streams are asked for in an address.
PATHS = {name.replace(":", "/"): name for name in TOPICS}
LONGEST_TAG = 100


class Stream(NamedTuple):
    """What an app asked for: a stream, and the tag of one that has one."""

    name: str
    tag: str = ""

    @property
    def label(self) -> list[str]:
        """The stream as messages name it."""
        return [self.name, self.tag] if self.tag else [self.name]

    @property
    def topics(self) -> tuple[str, ...]:
        """What it hears."""
        return TOPICS[self.name]

    def shows(self, tags: list[str], has_pictures: bool) -> bool:
        """Tell whether a post with such tags, and with pictures or none, belongs on it."""
        is_wanted = has_pictures or not self.name.endswith(":media")
        return is_wanted and (not self.tag or self.tag in tags)


class Unknown(Exception):
    """There is no such stream; the text says why."""


def asked(name: str, tag: str = "") -> Stream:
    """Return the stream that a name and a tag ask for; raises Unknown."""
    if name not in TOPICS:
        raise Unknown("Unknown stream type")
    if not name.startswith("hashtag"):
        return Stream(name)
    wanted = tag.strip().removeprefix("#").lower()
    if not 0 < len(wanted) <= LONGEST_TAG:
        raise Unknown("Missing tag name parameter")
    return Stream(name, wanted)


class Open:
    """The streams that one connection has open."""

    def __init__(self) -> None:
        self._streams: dict[Stream, None] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def add(self, stream: Stream) -> list[str]:
        """Open a stream; returns the topics that nobody here has heard so far."""
        before = self._topics()
        self._streams[stream] = None
        return [topic for topic in stream.topics if topic not in before]

    def remove(self, stream: Stream) -> list[str]:
        """Close a stream; returns the topics that nobody here hears any longer."""
        self._streams.pop(stream, None)
        after = self._topics()
        return [topic for topic in stream.topics if topic not in after]

    def hearing(self, topic: str) -> list[Stream]:
        """Return the streams that hear a topic."""
        return [stream for stream in self._streams if topic in stream.topics]

    def _topics(self) -> set[str]:
        return {topic for stream in self._streams for topic in stream.topics}
