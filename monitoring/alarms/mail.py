"""Send an alarm by mail, once, where a mail server is set and the workflow's route names somebody."""

import logging
import smtplib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail

from hitl.web.format import percent
from monitoring.models import Alarm
from monitoring.types import AlarmStatus

log = logging.getLogger(__name__)

TRIED_FOR = timedelta(days=1)  # what could not be sent for so long is left to the page and the webhooks


def unmailed(*, now: datetime) -> list[UUID]:
    """Return the open alarms that are still to be sent; none where no mail server is set."""
    if not settings.MAIL_IS_ON:
        return []
    rows = Alarm.objects.filter(status=AlarmStatus.OPEN, mailed_at=None, raised_at__gte=now - TRIED_FOR)
    named = rows.filter(workflow__alarm_route__mail_to__len__gt=0)
    return list(named.values_list("pk", flat=True))


def mail_alarm(alarm_id: UUID, words: str, *, now: datetime) -> bool:
    """Send an alarm; return whether it was sent now. Of two workers at once one sends.

    Args:
        words: what differs.
    """
    if not settings.MAIL_IS_ON:
        return False
    rows = Alarm.objects.filter(pk=alarm_id, mailed_at=None, status=AlarmStatus.OPEN)
    if not rows.filter(workflow__alarm_route__mail_to__len__gt=0).update(mailed_at=now):
        return False
    alarm = Alarm.objects.select_related("workflow__alarm_route").get(pk=alarm_id)
    try:
        send_mail(
            f"[hitl] {alarm.workflow.name}: {words}"[:200].replace("\n", " "),
            _body(alarm, words),
            settings.MAIL_FROM,
            alarm.workflow.alarm_route.mail_to,
        )
    except (OSError, smtplib.SMTPException) as trouble:
        Alarm.objects.filter(pk=alarm_id).update(mailed_at=None)
        extra = {"alarm": str(alarm_id), "error": repr(trouble)}
        log.warning("an alarm could not be mailed", extra=extra)  # untranslated: a log
        return False
    return True


def _body(alarm: Alarm, words: str) -> str:
    """Names and numbers; no content of a case leaves by mail."""
    return (
        f"{words} differs from {alarm.get_reference_display()}: by {percent(alarm.value)}, beside a threshold"
        f" of {percent(alarm.threshold)}, in the window from {alarm.window_from:%Y-%m-%d %H:%M} to"
        f" {alarm.window_until:%Y-%m-%d %H:%M} UTC.\n\nLook at it {alarm.get_severity_display()}:"
        f" Monitoring, {alarm.workflow.name}."
        " It proves nothing; it says where to look.\n"  # untranslated: mail is English
    )
