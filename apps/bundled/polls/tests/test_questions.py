"""What a poll may ask."""

import pytest

from apps.bundled.polls import questions
from apps.bundled.polls.errors import PollRefused
from apps.bundled.polls.questions import Question


def test_options_are_one_line_each_and_empty_ones_do_not_count():
    found = questions.question([" tea\n", "", "green  tea"], 300, multiple=True)

    assert found == Question(("tea", "green tea"), 300, True)


@pytest.mark.parametrize(
    ("titles", "seconds", "said"),
    [
        (["a"], 300, "must have more than one item"),
        (["a", " "], 300, "must have more than one item"),
        (list("abcde"), 300, "more than 4 items"),
        (["Tea", "tea"], 300, "duplicate"),
        (["a", "x" * 51], 300, "longer than 50 characters"),
        (["a", "b"], 299, "too soon"),
        (["a", "b"], 30 * 86400 + 1, "too far into the future"),
    ],
)
def test_what_cannot_be_a_poll_is_refused_with_the_reason(titles, seconds, said):
    with pytest.raises(PollRefused, match=said):
        questions.question(titles, seconds, multiple=False)


def test_characters_are_counted_as_people_do():
    family = "👨‍👩‍👧‍👦" * 50

    assert questions.question([family, "b"], 300, multiple=False).titles[0] == family


def test_a_question_waits_with_its_draft_as_it_is():
    asked = Question(("a", "b"), 300, True)

    assert questions.from_extras(questions.to_extras(asked)) == asked
    assert questions.from_extras({"another": 1}) is None
