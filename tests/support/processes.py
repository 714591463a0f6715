"""What another process needs to work on this test's rows."""

from urllib.parse import quote

from django.db import connection


def database_url() -> str:
    """Where this test's own database is."""
    kept = connection.settings_dict
    user, password = quote(kept["USER"]), quote(kept["PASSWORD"])
    return f"postgresql://{user}:{password}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
