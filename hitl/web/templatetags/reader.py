"""What a page says of its reader to browsers and scripts: language, direction of writing, time zone.

Available in every template without `{% load %}`. What they are is decided in `hitl.web.persons_language`.
"""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language, get_language_bidi

from hitl.web.words_script import script_address

register = template.Library()


@register.simple_tag
def language() -> str:
    """Return the page's language."""
    return get_language() or settings.LANGUAGE_CODE


@register.simple_tag
def direction() -> str:
    """Return which way the page's language runs."""
    return "rtl" if get_language_bidi() else "ltr"


@register.simple_tag
def time_zone() -> str:
    """Return the zone of the page's times."""
    return get_current_timezone_name()


@register.simple_tag
def words_script() -> SafeString:
    """Load what the page's scripts say in its language; in English they need nothing."""
    address = script_address(language())
    tag = '<script defer src="{}"></script>'  # untranslated: no words
    return format_html(tag, address) if address else mark_safe("")
