"""What is said to the OAuth server: an app gets a token as Mastodon's apps expect it."""

import time
from typing import Any

from django.http import HttpRequest
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator

from apps.api import params

GRANTS = ("authorization_code", "client_credentials")


class Validator(OAuth2Validator):  # type: ignore[misc]  # the toolkit has no types
    """Grants by a code or to an app for itself, and nothing else."""

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Tell whether a token may be asked for in this way."""
        return grant_type in GRANTS

    def _save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kw: Any) -> Any:
        """Store a token that ends when it is revoked, with nothing to make a new one with."""
        for name in ("refresh_token", "expires_in"):
            token.pop(name, None)
        token["created_at"] = int(time.time())
        return super()._save_bearer_token(token, request, *args, **kw)


class Core(OAuthLibCore):  # type: ignore[misc]
    """Hands requests to the OAuth server; apps send JSON as well as forms."""

    def extract_body(self, request: HttpRequest) -> Any:
        """Return the fields that a request sends."""
        if request.content_type == params.JSON:
            return params.of(request).pairs()
        return super().extract_body(request)
