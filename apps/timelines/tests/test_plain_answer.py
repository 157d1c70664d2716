"""Whatever happens in whatever order, every timeline is the plain answer, page by page."""

import itertools
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from apps.events import delivery, dispatch, registry
from apps.events.models import Event
from apps.follows import services as follows
from apps.follows.models import Follow
from apps.posts import services as posts
from apps.posts.imports import Draft, import_posts
from apps.posts.models import Post
from apps.sharding.conf import conf
from apps.sharding.prepared import prepared
from apps.timelines import big_authors, entries, horizons, selectors
from apps.timelines import services as timelines
from apps.timelines.tests.oracles import ids_of, oracle

pytestmark = pytest.mark.django_db(databases="__all__")

PEOPLE = 4
OLD = datetime(2010, 1, 1, tzinfo=UTC)
some = st.integers(0, PEOPLE - 1)
nth = st.integers(0, 30)
shard = st.sampled_from(["shard0", "shard1"])
numbers = itertools.count()


class Crash(Exception):
    """The process ends here."""


class Timelines(RuleBasedStateMachine):
    """Four people on two shards; a big author has three followers, a page three posts."""

    def __init__(self, people, deliver):
        super().__init__()
        self.people, self.deliver = people, deliver
        self.written = []
        self.stack = ExitStack()
        for alias in conf().primaries:
            self.stack.enter_context(transaction.atomic(using=alias))

    def teardown(self):
        """Compare as it is, then with everything fanned out, then with everything trimmed."""
        try:
            self.deliver_all()
            self.compare_all()
            for account in self.people:
                big_authors.unmerge(author_id=account.pk)
            self.compare_all()
            for alias in conf().shards:
                horizons.trim(alias)
            self.compare_all()
        finally:
            for alias in conf().primaries:
                transaction.set_rollback(True, using=alias)
            self.stack.close()

    @initialize(crowded=st.sets(some, min_size=1))
    def begin_with_big_authors(self, crowded):
        for whom in crowded:
            self.crowd(whom, follows.follow)
        self.deliver_all()

    @rule(who=some, count=st.integers(1, 5))
    def post(self, who, count):
        for _ in range(count):
            self.written.append(posts.publish(author_id=self.people[who].pk, text="x").pk)

    @rule(who=some, which=nth)
    def reply(self, who, which):
        if parent := self._live(which):
            author = self.people[who].pk
            made = posts.publish(author_id=author, text="re", in_reply_to_id=parent)
            self.written.append(made.pk)

    @rule(who=some, which=nth)
    def repost(self, who, which):
        if original := self._live(which):
            made = posts.repost(author_id=self.people[who].pk, post_id=original)
            if made.pk not in self.written:
                self.written.append(made.pk)

    @rule(which=nth, is_repost=st.booleans())
    def take_back(self, which, is_repost):
        if post_id := self._live(which):
            row = Post.objects.get(id=post_id)
            if is_repost and row.repost_of_id:
                posts.unrepost(author_id=row.author_id, post_id=row.repost_of_id)
            else:
                posts.delete(post_id=post_id)

    @rule(who=some, days=st.integers(0, 5), count=st.integers(1, 5))
    def import_archive(self, who, days, count):
        start = OLD + timedelta(days=days)
        drafts = [Draft(f"{next(numbers)}", "old", start) for _ in range(count)]
        import_posts(author_id=self.people[who].pk, drafts=drafts)

    @rule(who=some, whom=some, verb=st.sampled_from([follows.follow, follows.unfollow]))
    def follow_or_not(self, who, whom, verb):
        if who != whom:
            verb(follower_id=self.people[who].pk, followed_id=self.people[whom].pk)

    @rule(whom=some, verb=st.sampled_from([follows.follow, follows.unfollow]))
    def crowd(self, whom, verb):
        for who in range(PEOPLE):
            self.follow_or_not(who, whom, verb)

    @rule(whom=some, verb=st.sampled_from([big_authors.merge, big_authors.unmerge]))
    def change(self, whom, verb):
        verb(author_id=self.people[whom].pk)

    @rule(whom=some, calls=st.integers(0, 1))
    def unmerge_half(self, whom, calls):
        with patch.object(entries, "spread", self._crash_after(calls, entries.spread)):
            self._crashing(big_authors.unmerge, author_id=self.people[whom].pk)

    @rule(whom=some, verb=st.sampled_from([big_authors.merge, big_authors.unmerge]))
    def change_without_all_copies(self, whom, verb):
        name = "_copy" if verb is big_authors.merge else "align"
        with patch.object(big_authors, name, self._crash_after(0, None)):
            self._crashing(verb, author_id=self.people[whom].pk)

    @rule()
    def review_all(self):
        big_authors.review_all()

    @rule(which=nth, calls=st.integers(0, 1))
    def fan_out_half(self, which, calls):
        if post_id := self._live(which):
            row = Post.objects.get(id=post_id)
            with patch.object(entries, "spread", self._crash_after(calls, entries.spread)):
                items = [entries.Item(row.pk, row.author_id, row.repost_of_id)]
                self._crashing(timelines.fan_out, items)

    @rule(where=shard)
    def trim(self, where):
        horizons.trim(where)

    @rule(where=shard, first=nth, count=st.integers(1, 6))
    def deliver_some(self, where, first, count):
        Event.objects.using(where).filter(finished_at=None).update(handed_at=None)
        errands = dispatch.claim(where)
        turned = errands[first % len(errands) :] + errands if errands else []
        for errand in turned[:count]:
            delivery.deliver([errand])

    @rule(who=some)
    def no_timeline_ever_shows_a_double_or_a_stranger(self, who):
        rest = iter(oracle(self.people[who]))
        assert all(item in rest for item in ids_of(self.people[who]))

    @rule()
    def deliver_all(self):
        for alias in conf().shards:
            Event.objects.using(alias).filter(finished_at=None).update(handed_at=None)
        self.deliver()

    @rule(who=some)
    def deliver_all_and_compare(self, who):
        self.deliver_all()
        assert ids_of(self.people[who]) == oracle(self.people[who])

    def compare_all(self):
        for account in self.people:
            assert ids_of(account) == oracle(account)

    def _live(self, which):
        if not self.written:
            return None
        post_id = self.written[which % len(self.written)]
        return post_id if Post.objects.filter(id=post_id).exists() else None

    def _crash_after(self, calls, real):
        def call(*args, **kwargs):
            nonlocal calls
            calls -= 1
            if calls < 0:
                raise Crash
            return real(*args, **kwargs)

        return call

    def _crashing(self, verb, *args, **kwargs):
        try:
            verb(*args, **kwargs)
        except Crash:
            pass


@pytest.fixture
def small(settings, monkeypatch):
    """Let every bound be met by a handful of posts, and only what timelines need be delivered."""
    settings.TIMELINES_MERGE_ABOVE = 2
    settings.TIMELINES_KEEP = 4
    monkeypatch.setattr(selectors, "PAGE", 3)
    # Made anew with it.
    monkeypatch.setattr(selectors, "_beside", prepared(selectors._beside.__wrapped__))
    monkeypatch.setattr(entries, "BACKFILL", 3)
    monkeypatch.setattr(horizons, "SLICE", 2)
    named = ("apps.timelines", "apps.follows")
    known = {name: s for name, s in registry._subscribers.items() if name.startswith(named)}
    monkeypatch.setattr(registry, "_subscribers", known)


def test_every_timeline_is_the_plain_answer(make_account, deliver, small):
    people = [make_account(shard=f"shard{n % 2}") for n in range(PEOPLE)]

    run_state_machine_as_test(
        lambda: Timelines(people, deliver),
        settings=settings(
            max_examples=32,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert not Post.objects.scatter().count()
    assert not Follow.objects.scatter().count()
