"""Apps make themselves known."""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.http import HttpRequest
from oauth2_provider.generators import generate_client_secret

from apps.api import params, scopes
from apps.api.endpoints import Who, bearer_of, endpoint
from apps.api.errors import Invalid
from apps.api.limits import NEW_APP
from apps.api.models import Application
from apps.api.params import Params
from apps.throttling.views import throttled

# What a browser would run, or what is not the app's own.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
REFUSED = frozenset({"", "javascript", "data", "vbscript", "file", "blob", "about"})
LONGEST, LONGEST_NAME = 2000, 60


@endpoint(who=Who.ANYBODY)
@throttled(NEW_APP)
def register(request: HttpRequest) -> dict[str, Any]:
    """Make an app known; its secret is said here and never again."""
    said = params.of(request)
    secret = generate_client_secret()
    app = Application.objects.create(
        name=_name(said),
        website=_website(said),
        scopes=" ".join(scopes.parsed(said.text("scopes"))),
        redirect_uris="\n".join(_addresses(said)),
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        client_secret=secret,
    )
    return entity(app) | {
        "client_id": app.client_id,
        "client_secret": secret,
        "client_secret_expires_at": 0,
    }


@endpoint(who=Who.APP)
def verify_credentials(request: HttpRequest) -> dict[str, Any]:
    """Say which app a token belongs to."""
    return entity(Application.objects.get(pk=bearer_of(request).app_id))


def entity(app: Application) -> dict[str, Any]:
    """Return an app as its makers see it."""
    addresses = app.redirect_uris.split()
    return {
        "id": str(app.pk),
        "name": app.name,
        "website": app.website or None,
        "scopes": app.scopes.split(),
        "redirect_uri": "\n".join(addresses),
        "redirect_uris": addresses,
        "vapid_key": "",
    }


def _name(said: Params) -> str:
    name = said.text("client_name").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Application name must have 1 to {LONGEST_NAME} characters")
    return name


def _website(said: Params) -> str:
    website = said.text("website").strip()
    if len(website) > LONGEST or (website and urlsplit(website).scheme not in ("http", "https")):
        raise Invalid("Website must be a valid URL")
    return website


def _may_take_codes(address: SplitResult) -> bool:
    """Tell whether codes may be sent to an address: by http to one's own machine alone."""
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        return False
    return address.scheme not in REFUSED and not address.fragment


def _addresses(said: Params) -> list[str]:
    found = [uri for text in said.texts("redirect_uris") for uri in text.split()]
    if not found:
        raise Invalid("Redirect URI can't be blank")
    for uri in found:
        if len(uri) > LONGEST or not _may_take_codes(urlsplit(uri)):
            raise Invalid("Redirect URI must be an absolute URI, and not forbidden by the server")
    return list(dict.fromkeys(found))
