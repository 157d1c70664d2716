"""What the broker says about tasks that wait."""

import logging

from celery import current_app
from kombu.connection import Connection

log = logging.getLogger(__name__)


def waiting() -> int | None:
    """Return how many tasks wait in the broker; None where it does not say within a second."""
    options = {"socket_connect_timeout": 1, "socket_timeout": 1, "max_retries": 0}
    try:
        with current_app.connection_for_read(transport_options=options) as connection:
            return _waiting_in(connection)
    except Exception as error:  # each transport has errors of its own
        log.debug("The broker does not say how much waits: %s", error)
        return None


def _waiting_in(connection: Connection) -> int:
    name = current_app.conf.task_default_queue
    try:
        return int(connection.default_channel.queue_declare(name, passive=True).message_count)
    except connection.channel_errors:
        return 0  # where nothing waits there may be no queue
