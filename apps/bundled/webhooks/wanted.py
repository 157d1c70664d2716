"""Which topics some webhook wants, known without asking: every event on the site passes here."""

import logging
import time

from django.db import DatabaseError, InterfaceError

from apps.bundled.webhooks.models import Webhook

log = logging.getLogger(__name__)

# A new webhook is told of what happens after so long.
KEPT_SECONDS = 2.0

_known: frozenset[str] | None = None
_asked_at = 0.0


def wants(topic: str) -> bool:
    """Tell whether some webhook that is on wants a topic.

    Where the directory is away what was known last holds; with nothing known all are wanted: who
    hands the event on looks again.
    """
    global _known, _asked_at
    if _known is None or time.monotonic() - _asked_at >= KEPT_SECONDS:
        try:
            lists = Webhook.objects.filter(is_on=True).values_list("topics", flat=True)
            _known = frozenset(wanted for topics in lists for wanted in topics)
            _asked_at = time.monotonic()
        except (DatabaseError, InterfaceError) as error:
            log.warning("Which topics webhooks want is not known: %s", error)
    return _known is None or topic in _known
