"""The composer."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.pictures.selectors import PictureCard
from apps.pictures.services import MOST_OF_A_POST
from apps.posts import sendings, texts
from apps.posts.errors import TextRefused
from apps.posts.kinds import Audience


class EditForm(forms.Form):
    """Other words for a post."""

    text = forms.CharField(
        strip=False,
        required=False,
        max_length=texts.MOST_CODE_POINTS,
        label=_("Text"),
        widget=forms.Textarea(
            attrs={"rows": 5, "dir": "auto", "data-limit": texts.MOST_CHARACTERS}
        ),
    )
    warning = forms.CharField(
        required=False,
        max_length=texts.MOST_CODE_POINTS,
        label=_("Warning"),
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("Is shown first; who wants to see the post opens it."),
    )


class ComposeForm(forms.Form):
    """A text, pictures, the post that it answers, and the key under which it is posted once."""

    limit = texts.MOST_CHARACTERS

    text = forms.CharField(
        strip=False,
        # Pictures may come without words; the service knows whether there are any.
        required=False,
        max_length=texts.MOST_CODE_POINTS,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "dir": "auto",
                "data-limit": texts.MOST_CHARACTERS,
                "placeholder": _("What have you seen, made or thought?"),
            }
        ),
    )
    in_reply_to = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    # Not kept by the browser over a reload: that would be the key of a draft that is out.
    key = forms.RegexField(
        r"^[\w-]{8,64}\Z",
        required=False,
        initial=sendings.new_key,
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
    )

    # The draft that its author has kept of it.
    kept = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
    )

    audience = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        choices=Audience.choices,
        initial=Audience.PUBLIC,
        required=False,
        label=_("For"),
    )

    warning = forms.CharField(
        required=False,
        max_length=texts.MOST_CODE_POINTS,
        label=_("Warning"),
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("Is shown first; who wants to see the post opens it."),
    )

    pictures = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"})
    )
    most_pictures = MOST_OF_A_POST

    attached: Sequence[PictureCard] = ()
    # What plugins' fields hold where a kept draft is opened.
    parts: Mapping[str, str] = MappingProxyType({})

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written in it: all that it says is what it answers, and for whom."""
        said = self.initial.keys() - {"in_reply_to", "audience"}
        return not (self.is_bound or self.attached or self.parts or said)

    @property
    def free(self) -> range:
        """The numbers of the files that may come yet."""
        return range(1, self.most_pictures + 1 - len(self.attached))

    def put(self, **fields: Any) -> None:
        """Have the form come back with other values."""
        if self.is_bound:
            # Of a field that was sent more than once, `items` has the last.
            self.data = {**dict(self.data.items()), **fields}
        else:
            self.initial = {**self.initial, **fields}

    def attach(self, found: Sequence[PictureCard]) -> None:
        """Have the form come back with pictures that were uploaded."""
        self.attached = found
        self.put(pictures=",".join(str(card.id) for card in found))

    def renew(self) -> None:
        """Have the form be sent under a new key."""
        self.put(key=sendings.new_key())

    def clean_text(self) -> str:
        """Hold the text against the rules of a post."""
        try:
            return texts.clean(self.cleaned_data["text"], may_be_empty=True)
        except TextRefused as error:
            raise forms.ValidationError(str(error)) from error


class DraftForm(ComposeForm):
    """What is written so far: it may be too long yet."""

    def clean_text(self) -> str:
        """Take the text as it is; the service knows what it keeps."""
        return str(self.cleaned_data["text"])
