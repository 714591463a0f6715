"""How large what is sent here may be, by address; asked by the front, the WSGI application and the settings.

Standard library only: the front is set up before anything else is loaded.
"""

import re
from dataclasses import dataclass
from re import Pattern

MIB = 1024 * 1024
MAX_CASE_BYTES = 2 * MIB
MAX_BATCH_BYTES = 32 * MIB
MAX_MEDIA_BYTES = 25 * MIB
MAX_UPLOAD_BYTES = 64 * MIB
"""Of a file on a page: what becomes a workflow or its history (larger ones: `import_cases`), or a model."""
MAX_FORM_BYTES = 1 * MIB


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Addresses that match `paths` take bodies of up to `most` bytes, from those who bring `header`.

    `header` is looked at for being there, not for being right: it keeps strangers from having anything large
    taken in at all.
    """

    paths: Pattern[str]
    most: int
    header: str  # as WSGI has it
    nginx_header: str

    def is_known(self, environ: dict[str, object]) -> bool:
        """Tell whether the request brings what whoever may send here brings."""
        given = str(environ.get(self.header, ""))
        return "sessionid=" in given if self.header == "HTTP_COOKIE" else bool(given)


API = BodyLimit(re.compile(r"^/api/v1/"), MAX_BATCH_BYTES, "HTTP_AUTHORIZATION", "$http_authorization")
UPLOADS = BodyLimit(
    re.compile(r"^/(workflows/(new|[^/]+/import)|models/[^/]+/sources)/$"),
    MAX_UPLOAD_BYTES,
    "HTTP_COOKIE",
    "$cookie_sessionid",
)
LIMITS = (API, UPLOADS)


def limit_of(path: str, environ: dict[str, object]) -> int:
    """Return how many bytes a body may have: a form's, unless the address and the sender allow more."""
    for limit in LIMITS:
        if limit.paths.search(path):
            return limit.most if limit.is_known(environ) else MAX_FORM_BYTES
    return MAX_FORM_BYTES
