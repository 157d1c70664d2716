"""What a worker does before its first request, so that no visitor waits for it.

No server is asked: a worker begins as quickly where one of them is away.
"""

import gc
from pathlib import Path

from django.conf import settings
from django.template import TemplateDoesNotExist, loader
from django.template.exceptions import TemplateSyntaxError
from django.urls import reverse
from django.utils import translation


def make_ready() -> None:
    """Make what is else made at first use: addresses, texts in each language, templates."""
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            reverse("timelines:home")
            translation.gettext("Home")
    for name in _templates():
        try:
            loader.get_template(name)
        except (TemplateDoesNotExist, TemplateSyntaxError):
            # Whoever asks for it is told; the other pages are served.
            continue


def freeze() -> None:
    """Look for garbage once, and then no more among what is left.

    A full search of the 190,000 objects of a program that has begun takes 95 ms, in which the
    process answers nobody, and it finds nothing: they all live as long as the process.
    """
    gc.collect()
    gc.freeze()


def _templates() -> list[str]:
    """Return the names of the project's own templates."""
    base = Path(settings.BASE_DIR)
    folders = [base / "project" / "templates", *(base / "apps").glob("**/templates")]
    return [
        str(path.relative_to(folder))
        for folder in folders
        for path in sorted(folder.rglob("*.html"))
    ]
