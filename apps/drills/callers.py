"""A person without a browser: the program's own services, called as a web request calls them.

That costs a third of a request, so that one small machine carries a hundred writes a second.
"""

from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from apps.drills.people import Author
from apps.drills.samples import OK, STALE
from apps.posts import selectors, services
from apps.replication import positions, retries, scopes, tokens
from apps.sharding.places import Place


class Caller:
    """Calls services as one person who keeps the token of what was seen."""

    def __init__(self, author: Author) -> None:
        self.author = author
        self.token: tokens.Token = {}
        self.written = 0

    def write(self, text: str) -> tuple[str, str]:
        """Publish a post; raises DatabaseError as a request would end with 503."""
        post = self._ask(partial(services.publish, author_id=self.author.id, text=text))
        self.written = post.pk
        return OK, ""

    def read(self) -> tuple[str, str]:
        """Look at one's own posts: what was acknowledged is there, whatever happened since."""
        there = self._ask(partial(_newest, self.author.id))
        return (OK, "") if self.written in there else (STALE, str(self.written))

    def close(self) -> None:
        """Close this thread's connections."""
        connections.close_all()

    def _ask(self, work: Any) -> Any:
        close_old_connections()
        with scopes.scope(self.token) as scope:
            try:
                answer = work()
            except (DatabaseError, InterfaceError) as error:
                answer = retries.again(work, error)
            positions.settle()
        self.token = scope.token
        return answer


def _newest(author_id: int) -> set[int]:
    page = selectors.author_page(author_id=author_id, place=Place(), viewer_id=author_id)
    return {listed.item_id for listed in page.items}
