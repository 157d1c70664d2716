"""The refusals that posts makes."""

from django.utils.translation import gettext as _

from apps.accounts.errors import NotAllowed
from apps.kernel.errors import RookeryError


class NoSuchPost(RookeryError):
    """The post is deleted, or never was."""

    def __init__(self, post_id: int) -> None:
        super().__init__(_("This post is not there (any more)."))
        self.post_id = post_id


class NotTheAuthor(RookeryError):
    """Somebody else's post was to be deleted."""

    def __init__(self) -> None:
        super().__init__(_("Only who wrote a post can delete it."))


class NotForAll(NotAllowed):
    """A post that is not for everybody was to be reposted."""

    def __init__(self) -> None:
        super().__init__(_("This post is not for everybody, so it is not reposted."))


class TextRefused(RookeryError):
    """A text that cannot be a post."""


class AnotherDraft(RookeryError):
    """A form was sent before, with another text: that one is out."""

    def __init__(self) -> None:
        super().__init__(
            "What you wrote first is out already; this is another text. "
            "Send it again to post this one too."
        )


class DraftTaken(RookeryError):
    """A plugin has kept a draft, to publish it later or not; the message tells its author."""


class NoSuchDraft(RookeryError):
    """A draft is out or discarded, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(_("This draft is not there (any more)."))


class TooManyDrafts(RookeryError):
    """An account keeps as many drafts as one may."""

    def __init__(self, most: int) -> None:
        super().__init__(
            _("You keep %(most)d drafts, and more are not kept. Publish or discard one of them.")
            % {"most": most}
        )
