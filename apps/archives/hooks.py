"""Where plugins take part in archives."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.plugins.markers import hookspec


def parts(answer: Any) -> dict[int, dict[str, Any]]:
    """Take parts of documents by post id."""
    return {int(post_id): dict(said) for post_id, said in dict(answer).items()}


@hookspec(seconds=5.0, queries=20, shape=parts)
def archived(post_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return what an archive says of posts that plugins keep something with, by post id.

    It is laid over the ActivityStreams note of the post, so it must be what JSON can hold.
    """
    raise NotImplementedError
