"""The site is held to the table of who may do what, and the table to the site."""

import json
import re
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.urls import get_resolver
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from apps.api import bearers
from apps.api.models import Application
from apps.bundled.moderation import actions, appeals, cases
from apps.bundled.moderation.kinds import Deed
from apps.bundled.moderation.models import Appeal, Rule, Suspension
from apps.bundled.polls import questions
from apps.bundled.webhooks.models import Delivery, Webhook
from apps.events.models import DeadLetter, Event
from apps.notifications.models import Notification
from apps.plugins.models import Fault, Switch
from apps.posts import drafts
from apps.posts import services as posts
from apps.posts.hooks import Draft
from apps.push import topics
from apps.sharding import shards
from apps.sharding.conf import conf
from project.tests import permissions
from project.tests.permissions import BAD, GONE, MODERATES, NO, SIGN_IN, TOPICS, YES
from project.tests.permissions_api import API

pytestmark = pytest.mark.django_db(databases="__all__")
ROWS = [*permissions.ROWS, *API]
ROLES = ("visitor", "another", "owner", "moderator", "admin")


@pytest.fixture
def world(make_account):
    """One row of everything, most of it ada's; returns what stands for each in a path."""
    ada, wren = make_account("ada", shard="shard1"), make_account("wren")
    poll = questions.to_extras(questions.Question(("yes", "no"), 3600))
    post = posts.publish(author_id=ada.pk, text="hello", extras=poll)
    posts.like(account_id=wren.pk, post_id=post.pk)
    line = actions.record(account_id=ada.pk, by_id=wren.pk, deed=Deed.WARNED, reason="x")
    draft = Draft(author_id=ada.pk, text="held", in_reply_to_id=None)
    event = Event.objects.filter(key=ada.pk).first()
    Switch.objects.create(name="feeds", state=Switch.State.ON)
    Suspension.objects.create(account_id=1, action_id=line.pk, reason="x")
    with shards.atomic_for(ada.pk):
        Appeal.objects.create(id=line.pk, account_id=ada.pk, text="sorry")
        letter = DeadLetter.objects.create(
            event_id=event.pk, subscriber="x", topic="x", attempts=1, error="x", traceback="x"
        )
        note = Notification.objects.create(
            account_id=ada.pk, kind="like", actor_id=wren.pk, post_id=post.pk
        )
        delivery = Delivery.objects.create(
            key=ada.pk, webhook_id=1, event_id=event.pk, topic="x", data={}
        )
    return {
        "ada": ada.pk,
        "post": post.pk,
        "draft": drafts.keep(author_id=ada.pk, content=drafts.Content("not yet")).pk,
        "appeal": appeals.url_of(line.pk),
        "appealed": line.pk,
        "action": line.pk,
        "case": cases.hold(draft, why="x").pk,
        "rule": Rule.objects.create(pattern="x", reason="x").pk,
        "group": Group.objects.create(name="x").pk,
        "fault": Fault.objects.create(plugin="x", hook="x", error="x").pk,
        "event": event.pk,
        "letter": letter.pk,
        "note": note.pk,
        "delivery": delivery.pk,
        "webhook": Webhook.objects.create(url="https://x.example/", topics=[], secret="x").pk,
        "application": Application.objects.create(name="x").pk,
        "wren": 1,
    }


@pytest.fixture
def sign_in(client, make_account, world):
    """Return a function that has the client be somebody."""

    def account_of(role):
        if role == "owner":
            return _account(world["ada"])
        if role == "another":
            return make_account("another")
        if role == "admin":
            return make_account("root", is_staff=True, is_superuser=True)
        moderator = make_account("moderator", is_staff=True)
        moderator.user_permissions.set(_permissions())
        return moderator

    def be(role):
        if role != "visitor":
            account = account_of(role)
            client.force_login(account)
            client.token = _token(account)
        return client

    return be


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_do_what_the_table_says_and_no_more(role, world, sign_in):
    client, place = sign_in(role), ROLES.index(role)
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    wrong = {}
    for row in ROWS:
        path = row.path.format(**world)
        with undone():
            form = {name.format(**world): value.format(**world) for name, value in row.form}
            found = meaning(answer(client, row, path, form), path)
        client.cookies.load(cookies)
        if found != row.who[place]:
            wrong[row.method, row.route] = f"{found}, not {row.who[place]}"

    assert wrong == {}


def test_every_address_has_its_rows_and_every_row_its_address():
    addresses = set(routes(get_resolver().url_patterns))

    assert {row.route for row in ROWS} == addresses


def test_every_table_in_admin_has_its_row():
    tables = {model._meta.label_lower for model in admin.site._registry}

    assert {table.model for table in permissions.TABLES} == tables


def test_every_topic_says_who_may_subscribe():
    assert {topic.name: topics.who_may(topic) for topic in topics.all_topics()} == TOPICS


@contextmanager
def undone():
    """What happens inside has not happened afterwards, on any server."""
    with ExitStack() as stack:
        for alias in conf().primaries:
            stack.enter_context(transaction.atomic(using=alias))
        yield
        for alias in conf().primaries:
            transaction.set_rollback(True, using=alias)


def answer(client, row, path, form):
    """Ask: pages with the session in the cookie, the API with a token."""
    token = getattr(client, "token", "") if path.startswith("/api/") else ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if row.method in ("GET", "POST"):
        ask = client.post if row.method == "POST" else client.get
        return ask(path, form, headers=headers)
    return client.generic(
        row.method, path, json.dumps(form), content_type="application/json", headers=headers
    )


def meaning(answer, path):
    """Return what an answer means to who asked."""
    status = answer.status_code
    if status == 302 and re.search(r"^/accounts/sign-in\?|^/admin/login/\?", answer.url):
        return SIGN_IN
    if path.startswith("/api/") and status in (401, 422):
        return SIGN_IN if status == 401 else BAD
    # Admin leads who may not open a row back to its start, where it says that it is not there.
    if status == 302 and re.match(r"/admin/\w+/\w+/", path) and answer.url == "/admin/":
        return GONE
    if status < 400 or status in (422, 503, 307):
        return YES
    return {400: BAD, 403: NO, 404: GONE}.get(status, str(status))


def routes(patterns, prefix=""):
    for pattern in patterns:
        route = str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, prefix + route)
        elif "app_label" in route:
            yield f"{prefix}APP/"
        else:
            yield prefix + route


def _account(pk):
    from apps.accounts.models import Account

    return Account.objects.get(pk=pk)


def _token(account):
    token = bearers.generate(SimpleNamespace(user=account))
    app = Application.objects.create(
        name="Nest",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
    )
    row = AccessToken(
        user=account,
        application=app,
        scope="read write follow",
        expires=timezone.now() + timedelta(hours=1),
    )
    set_token_value(row, token)
    row.save()
    return token


def _permissions():
    named = [name.split(".") for name in MODERATES]
    found = [
        Permission.objects.get(content_type__app_label=app, codename=codename)
        for app, codename in named
    ]
    return [*found, *Permission.objects.filter(content_type__app_label="moderation")]
