"""Statements that PostgreSQL plans once a connection: for those that cost more to plan than to run."""

import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_PARAMETER = re.compile(r"%\((\w+)\)s")
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # names, by the driver's connection


class Prepared:
    """One statement with named parameters, `%(name)s`; `types` gives each its type in PostgreSQL.

    After a few runs the server keeps one plan for all parameters, and plans anew when it has gathered new
    statistics. So it suits statements whose best plan is the same whatever the parameters are.
    """

    def __init__(self, name: str, text: str, types: Mapping[str, str]) -> None:
        places = {parameter: f"${place}" for place, parameter in enumerate(types, 1)}
        body = _PARAMETER.sub(lambda found: places[found[1]], text)
        self._name = name
        kinds, values = ", ".join(types.values()), ", ".join(f"%({parameter})s" for parameter in types)
        self.preparing = f"PREPARE {name}{f' ({kinds})' * bool(types)} AS {body}"
        self._execute = f"EXECUTE {name}{f' ({values})' * bool(types)}"

    def execute(self, cursor: CursorWrapper, parameters: Mapping[str, Any]) -> None:
        """Run it; whatever else is in `parameters` is left alone."""
        names = _prepared.setdefault(connection.connection, set())
        if self._name not in names:
            cursor.execute(self.preparing)
            names.add(self._name)
        cursor.execute(self._execute, parameters)
