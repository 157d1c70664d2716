"""The composer."""

from django import forms

from apps.posts import sendings, texts
from apps.posts.errors import TextRefused


class ComposeForm(forms.Form):
    """A text, the post that it answers, and the key under which it is posted once."""

    text = forms.CharField(
        strip=False,
        max_length=texts.MOST_CODE_POINTS,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "data-limit": texts.MOST_CHARACTERS,
                "placeholder": "What have you seen, made or thought?",
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

    def renew(self) -> None:
        """Have the form be sent under a new key."""
        self.data = {**self.data.dict(), "key": sendings.new_key()}  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        """Hold the text against the rules of a post."""
        try:
            return texts.clean(self.cleaned_data["text"])
        except TextRefused as error:
            raise forms.ValidationError(str(error)) from error
