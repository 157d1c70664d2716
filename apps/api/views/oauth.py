"""Where a person lets an app in, and where the app gets its token."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from csp.constants import SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import AuthorizationView, RevokeTokenView, TokenView

from apps.api import scopes as names
from apps.api.endpoints import Who, endpoint
from apps.api.limits import NEW_APP
from apps.api.models import OUT_OF_BAND
from apps.replication import scopes
from apps.throttling.views import throttled


class Exact:
    """What was written a moment ago decides here: an app's row, a code, a token."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer by what the primary says."""
        with scopes.primary():
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class Authorize(Exact, AuthorizationView):  # type: ignore[misc]  # the toolkit has no types
    """Ask a person whether an app may do what it asks for."""

    template_name = "api/authorize.html"

    def redirect(self, redirect_to: str, application: Any) -> HttpResponse:
        """Send the code to the app; one that has no address gets it by hand."""
        if not redirect_to.startswith(OUT_OF_BAND):
            return super().redirect(redirect_to, application)
        found = parse_qs(urlsplit(redirect_to).query)
        context = {name: found.get(name, [""])[0] for name in ("code", "error")}
        return render(self.request, "api/code.html", context)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Show the form; a browser lets it lead to the app's address and nowhere else."""
        response = super().render_to_response(context, **kwargs)
        target = urlsplit(context.get("redirect_uri") or "")
        if target.scheme and not context.get("error"):
            origin = f"{target.scheme}://{target.netloc}" if target.netloc else f"{target.scheme}:"
            response._csp_update = {"form-action": [SELF, origin]}
        return response


# Whoever asks has no cookie of ours, and no form.
@method_decorator([csrf_exempt, throttled(NEW_APP)], name="dispatch")
class Token(Exact, TokenView):  # type: ignore[misc]
    """Give an app a token for a code, or for itself."""


@method_decorator(csrf_exempt, name="dispatch")
class Revoke(Exact, RevokeTokenView):  # type: ignore[misc]
    """End a token."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer in JSON, also where there is nothing to say."""
        response = super().post(request, *args, **kwargs)
        return JsonResponse({}) if response.status_code == 200 else response


@endpoint(who=Who.ANYBODY)
def metadata(request: HttpRequest) -> dict[str, Any]:
    """Say where an app finds what, as RFC 8414 has it."""
    site = settings.SITE_URL
    return {
        "issuer": f"{site}/",
        "authorization_endpoint": f"{site}/oauth/authorize",
        "token_endpoint": f"{site}/oauth/token",
        "revocation_endpoint": f"{site}/oauth/revoke",
        "app_registration_endpoint": f"{site}/api/v1/apps",
        "scopes_supported": list(names.KNOWN),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }
