"""What follows from blocks, from actions, and from new posts."""

from apps.bundled.moderation import cases, relations, rules, suspensions
from apps.bundled.moderation.events import BlockChanged, ModerationAction
from apps.bundled.moderation.kinds import Deed
from apps.events.registry import subscriber
from apps.follows import services as follows
from apps.follows.events import AccountFollowed
from apps.posts import selectors as posts
from apps.posts.events import PostPublished, PostShared


@subscriber(BlockChanged, ordered=False)
def align_block(event: BlockChanged, event_id: int) -> None:
    """Bring the other side in line; the state decides, so again changes nothing."""
    relations.align(owner_id=event.owner_id, other_id=event.other_id)


@subscriber(AccountFollowed, ordered=False)
def end_follow(event: AccountFollowed, event_id: int) -> None:
    """End a follow that was begun while a block was; the state decides."""
    pair = event.follower_id, event.followed_id
    if relations.is_blocking(*pair) or relations.is_blocking(*reversed(pair)):
        follows.unfollow(follower_id=event.follower_id, followed_id=event.followed_id)


@subscriber(
    ModerationAction, ordered=False, when=lambda event: event.deed in (Deed.SUSPENDED, Deed.LIFTED)
)
def align_suspension(event: ModerationAction, event_id: int) -> None:
    """Bring the directory in line with the log; again changes nothing."""
    suspensions.align(account_id=event.account_id)


@subscriber(PostPublished, ordered=False, when=lambda event: event.repost_of_id is None)
@subscriber(PostShared, ordered=False, name="moderation.list_marked_shared")
def list_marked(event: PostPublished | PostShared, event_id: int) -> None:
    """List a post that a rule marks; a second time it is listed already."""
    text = posts.texts_of([event.post_id]).get(event.post_id, "")
    why = rules.marking()(text)
    if why is not None:
        cases.mark(account_id=event.author_id, post_id=event.post_id, text=text, why=why)
