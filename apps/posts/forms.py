"""The composer."""

from django import forms

from apps.posts import texts
from apps.posts.errors import TextRefused


class ComposeForm(forms.Form):
    """A text, and the post that it answers."""

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

    def clean_text(self) -> str:
        """Hold the text against the rules of a post."""
        try:
            return texts.clean(self.cleaned_data["text"])
        except TextRefused as error:
            raise forms.ValidationError(str(error)) from error
