"""Many rows for a test at once, by COPY as the service itself writes: a tenth of what `bulk_create` takes."""

import json
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import JSONField, Model

from hitl.shared.copying import copy_rows

Row = TypeVar("Row", bound=Model)


def insert(rows: Iterable[Row]) -> list[Row]:
    """Insert rows of one model that are not saved yet, and whose keys are known; return them as saved."""
    saved = list(rows)
    if not saved:
        return saved
    meta = saved[0]._meta
    fields = [field for field in meta.concrete_fields if not field.generated]
    documents = {field.column for field in fields if isinstance(field, JSONField)}
    columns = [field.column for field in fields]
    values_of = attrgetter(*[field.attname for field in fields])

    def told(row: Row) -> dict[str, Any]:
        values = dict(zip(columns, values_of(row), strict=True))
        return values | {name: json.dumps(values[name]) for name in documents if values[name] is not None}

    copy_rows(meta.db_table, columns, map(told, saved))
    for row in saved:
        row._state.adding, row._state.db = False, "default"
    return saved
