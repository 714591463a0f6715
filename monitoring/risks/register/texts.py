"""Who looks at a risk and what the service does, where several risks say the same."""

from django.utils.translation import gettext_noop

OPERATORS_ON_DUTY = gettext_noop("operators on duty")
ADMINISTRATORS = gettext_noop("administrators")
LEADS = gettext_noop("leads")
AUDITORS = gettext_noop("auditors")
DRIFTS = gettext_noop("Raises an alarm, audits more, and holds a canary that began before.")
