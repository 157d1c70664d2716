import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from apps.bundled.webhooks import messages, rests
from apps.sharding import ids

BODY = messages.body(delivery_id=2**53 + 1, event_id=5, topic="t.v1", data={"a": [2**60]})


def test_numbers_are_text_and_the_body_is_the_same_each_time():
    assert json.loads(BODY) == {
        "delivery": "9007199254740993",
        "event": "5",
        "topic": "t.v1",
        "at": ids.time_of(5).isoformat(),
        "data": {"a": ["1152921504606846976"]},
    }
    again = {"delivery_id": 2**53 + 1, "event_id": 5, "topic": "t.v1"}
    assert messages.body(**again, data={"a": [2**60]}) == BODY


def test_truth_and_text_stay_as_they_are():
    data = {"a": True, "b": "ü", "c": 1.5, "d": None}
    assert messages.as_text(data) == data


def test_a_receiver_can_tell_that_it_is_from_here():
    """As docs/webhooks.md says it: by the timestamp, a full stop and the body."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    sent = messages.headers(delivery_id=7, topic="t.v1", secret="s3cret", body=BODY, now=now)

    signed = f"{int(now.timestamp())}.".encode() + BODY
    expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert sent == {
        "Content-Type": "application/json",
        "Rookery-Delivery": "7",
        "Rookery-Topic": "t.v1",
        "Rookery-Timestamp": "1767225600",
        "Rookery-Signature": f"sha256={expected}",
    }


def test_rests_grow_to_a_minute():
    assert [rests.rest(n).total_seconds() for n in (1, 2, 6, 7, 99)] == [1, 2, 32, 60, 60]


def test_a_webhook_is_given_up_after_a_day_and_ten_failures():
    since = datetime(2026, 1, 1, tzinfo=UTC)
    day, minute = timedelta(days=1), timedelta(minutes=1)

    assert rests.is_over(10, since, since + day)
    assert not rests.is_over(10, since, since + day - minute)
    assert not rests.is_over(9, since, since + 7 * day)
