from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken, set_token_value

from apps.api import bearers, limits
from apps.api.models import OUT_OF_BAND, Application

assert limits  # its limits are declared


@pytest.fixture
def app(db):
    """An app that is known, with its secret in the clear."""
    app = Application(
        name="Nest",
        redirect_uris=OUT_OF_BAND,
        scopes="read write follow",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        client_secret="secret",
    )
    app.save()
    return app


@pytest.fixture
def token_of(app):
    """Return a function that gives an account (None: the app itself) a token."""

    def make(account, scope="read write follow"):
        token = bearers.generate(SimpleNamespace(user=account))
        row = AccessToken(
            user=account,
            application=app,
            scope=scope,
            expires=timezone.now() + timedelta(days=1),
        )
        set_token_value(row, token)
        row.save()
        return token

    return make


@pytest.fixture
def ask(client, token_of):
    """Return a function that asks the API for an account: `ask(ada, "GET", "/api/v1/…", x=1)`."""
    tokens = {}

    def run(account, method, path, headers=None, **fields):
        given = dict(headers or {})
        if account is not None:
            token = tokens.setdefault(account.pk, None) or token_of(account)
            tokens[account.pk] = token
            given["Authorization"] = f"Bearer {token}"
        if method == "GET":
            return client.get(path, fields, headers=given)
        return client.generic(method, path, _json(fields), "application/json", headers=given)

    return run


def _json(fields):
    import json

    return json.dumps(fields)
