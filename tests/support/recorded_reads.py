"""Which query parameters, form fields, files and headers are read while a request is answered.

So a test finds what an address takes without being told, and what is new is tested by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.http.request import HttpHeaders


@dataclass
class Reads:
    """The names that were read; those of a query and of a form are not told apart."""

    names: set[str] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)


class _Environ(dict[str, Any]):
    """A request's environment that keeps what it is asked for."""

    def __init__(self, given: dict[str, Any], headers: set[str]) -> None:
        super().__init__(given)
        self._headers = headers

    def _note(self, name: str) -> None:
        if name.startswith("HTTP_") or name == "CONTENT_TYPE":
            self._headers.add(name.removeprefix("HTTP_").replace("_", "-").title())

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(str(name))
        return super().__contains__(name)


@contextmanager
def recorded() -> Iterator[Reads]:
    """Record what is read, until the context ends."""
    reads = Reads()
    begin, item, several, get, header, within = (
        WSGIRequest.__init__,
        QueryDict.__getitem__,
        QueryDict._getlist,
        QueryDict.get,
        HttpHeaders.__getitem__,
        HttpHeaders.__contains__,
    )

    def note(read: Any, names: set[str]) -> Any:
        def noting(bag: Any, name: Any, *rest: Any, **more: Any) -> Any:
            if isinstance(name, str):
                names.add(name)
            return read(bag, name, *rest, **more)

        return noting

    def begun(request: Any, environ: dict[str, Any]) -> None:
        begin(request, _Environ(environ, reads.headers))

    class Whole(dict[str, Any]):
        """What `QueryDict.dict()` returns."""

        get = note(dict.get, reads.names)
        __getitem__ = note(dict.__getitem__, reads.names)

    with (
        patch.object(WSGIRequest, "__init__", begun),
        patch.object(QueryDict, "__getitem__", note(item, reads.names)),
        patch.object(QueryDict, "__contains__", note(dict.__contains__, reads.names)),
        patch.object(QueryDict, "_getlist", note(several, reads.names)),
        patch.object(QueryDict, "get", note(get, reads.names)),
        patch.object(QueryDict, "dict", lambda bag: Whole({name: bag[name] for name in bag})),
        patch.object(HttpHeaders, "__getitem__", note(header, reads.headers)),
        patch.object(HttpHeaders, "__contains__", note(within, reads.headers)),
    ):
        yield reads
