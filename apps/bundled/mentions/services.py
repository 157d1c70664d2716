"""Every write of mentions."""

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.bundled.mentions import texts
from apps.bundled.mentions.models import Mention
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.posts import selectors as posts
from apps.sharding import shards


def tell(*, post_id: int, author_id: int, in_reply_to_id: int | None) -> None:
    """Notify those whom a post mentions, once. Who is answered by it is told of that already.

    A post that is gone has no text. One that goes meanwhile is asked for once more, when nobody
    else can write the notification: so it does not matter which of the two comes first.
    """
    text = posts.texts_of([post_id]).get(post_id, "")
    answered = posts.author_of(in_reply_to_id) if in_reply_to_id else None
    found = [pk for pk in map(_id_of, texts.names(text)) if pk not in (None, author_id, answered)]
    if not found:
        return
    with shards.atomic_for(post_id):
        rows = [Mention(post_id=post_id, account_id=account_id) for account_id in found]
        Mention.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        notifications.reconcile(
            account_id=row.account_id,
            kind=Kind.MENTION,
            actor_id=author_id,
            post_id=post_id,
            is_so=lambda: posts.is_there(post_id),
        )


def take_back(*, post_id: int, author_id: int) -> None:
    """Take back what was told of a post that is gone."""
    rows = Mention.objects.filter(post_id=post_id)
    for account_id in list(rows.values_list("account_id", flat=True)):
        notifications.withdraw(
            account_id=account_id, kind=Kind.MENTION, actor_id=author_id, post_id=post_id
        )
    with shards.atomic_for(post_id):
        Mention.objects.filter(post_id=post_id).delete()


def _id_of(name: str) -> int | None:
    try:
        return accounts.profile_named(name).id
    except NoSuchAccount:
        return None
