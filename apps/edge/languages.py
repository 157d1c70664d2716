"""The language that a browser asks for: what two requests must share to share a page."""

from functools import lru_cache

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


@lru_cache(1024)
def preferred(accepted: str) -> str:
    """Return the first language of an Accept-Language header that the site speaks, or its own."""
    for code, _quality in parse_accept_lang_header(accepted):
        if code == "*":
            break
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
