"""What the pages' scripts say in another language, as one file a language that a browser keeps for ever.

English needs none: the texts stand in the scripts. The content policy allows it, as it comes from here.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from babel.messages.mofile import read_mo
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import to_locale
from django.views.decorators.http import require_GET

_YEAR = "public, max-age=31536000, immutable"


@lru_cache(maxsize=20)
def script(language: str) -> tuple[str, str]:
    """Return the script of a language and the digest in its address; both empty where it has no texts."""
    path = Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES" / "djangojs.mo"
    if not path.exists():
        return "", ""
    with path.open("rb") as file:
        found = read_mo(file)
    texts = {_forms(message.id)[0]: _forms(message.string or "") for message in found if message.id}
    if not texts:
        return "", ""
    kept = json.dumps(texts, ensure_ascii=False, sort_keys=True)
    body = f"window.hitlWords = {{ texts: {kept}, form: (n) => Number({found.plural_expr}) }};\n"
    return body, sha256(body.encode()).hexdigest()[:16]


def _forms(text: str | Sequence[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def script_address(language: str) -> str:
    """Return where the script of a language is fetched; "" where it needs none."""
    if language == settings.LANGUAGE_CODE:
        return ""
    digest = script(language)[1]
    return reverse("words-script", args=[language, digest]) if digest else ""


@require_GET
def serve(request: HttpRequest, language: str, digest: str) -> HttpResponse:
    """Answer with the script; under an older digest with what there is now, not to be kept."""
    body, now = script(language) if language in dict(settings.LANGUAGES) else ("", "")
    if not body:
        raise Http404
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = _YEAR if digest == now else "no-cache"
    return response
