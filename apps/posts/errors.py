"""The refusals that posts makes."""

from apps.kernel.errors import RookeryError


class NoSuchPost(RookeryError):
    """The post is deleted, or never was."""

    def __init__(self, post_id: int) -> None:
        super().__init__("This post is not there (any more).")
        self.post_id = post_id


class NotTheAuthor(RookeryError):
    """Somebody else's post was to be deleted."""

    def __init__(self) -> None:
        super().__init__("Only who wrote a post can delete it.")


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
