"""Mail, sent by a worker."""

import logging
import smtplib
from collections.abc import Sequence

from celery import shared_task
from django.core import mail
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


@shared_task(
    name="accounts.send-mail",
    ignore_result=True,
    autoretry_for=(OSError, smtplib.SMTPException),
    retry_backoff=True,
    max_retries=16,
)
def send_mail(subject: str, body: str, sender: str, to: Sequence[str]) -> None:
    """Send one message; sent twice it does no harm."""
    mail.EmailMessage(subject, body, sender, list(to)).send()


def hand_on(message: mail.EmailMessage) -> None:
    """Have a worker send a message; with no broker it is sent here, for its reader waits for it."""
    parts = (str(message.subject), str(message.body), message.from_email, message.to)
    try:
        send_mail.apply_async(parts, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The broker is away, so mail is sent at once: %s", error)
        send_here(*parts)


def send_here(subject: str, body: str, sender: str, to: Sequence[str]) -> None:
    """Send one message now; one that cannot be sent is written down and can be asked for again."""
    try:
        send_mail.run(subject, body, sender, to)
    except (OSError, smtplib.SMTPException) as error:
        log.error("Mail was not sent, and its reader has to ask for it again: %s", error)
