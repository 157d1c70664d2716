"""Moments in words, of which all but the clock is made once a day."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from apps.posts.templatetags import moments

NOON, LATER = datetime(2026, 3, 9, 12, 5, tzinfo=UTC), datetime(2026, 3, 9, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_the_words_are_those_of_the_languages_form(language):
    with translation.override(language):
        short, long = translation.gettext("j M Y, H:i"), translation.gettext("j F Y, H:i")
        for moment in (NOON, LATER):
            assert moments.dated(moment) == date_format(moment, short)
            assert moments.spelled_out(moment) == f"{date_format(moment, long)} UTC"


def test_a_day_is_put_into_words_once():
    moments._of_day.cache_clear()

    assert [moments.dated(moment)[-5:] for moment in (NOON, LATER)] == ["12:05", "23:59"]
    assert moments._of_day.cache_info().misses == 1
