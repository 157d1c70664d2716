"""What `manage.py check --deploy` says of limits."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from apps.throttling.conf import conf


@register(Tags.security, deploy=True)
def proxies(**_: Any) -> list[CheckMessage]:
    """Behind a proxy that is not believed all visitors seem to be one."""
    if not settings.SECURE_SSL_REDIRECT or conf().proxies:
        return []
    hint = "Set ROOKERY_TRUSTED_PROXIES to the networks of the proxies in front of the site."
    message = "Every visitor counts as the proxy: limits by address are shared by all."
    return [Warning(message, hint=hint, id="throttling.W001")]


@register(Tags.security, deploy=True)
def limits_are_held(**_: Any) -> list[CheckMessage]:
    """Without limits passwords can be guessed without end."""
    if conf().is_on:
        return []
    hint = "Take `off` out of ROOKERY_LIMITS; single limits can be set there."
    return [Warning("No limit is held: passwords may be guessed.", hint=hint, id="throttling.W002")]
