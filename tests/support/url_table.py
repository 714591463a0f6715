"""Every address that the URL table has, as patterns whose parts can be filled in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)")


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern like `/cases/{case_id}/`, the names of its parts, and what answers it."""

    pattern: str
    parts: tuple[str, ...]
    view: Any

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the path with these parts, which are quoted already."""
        return self.pattern.format_map(values)


def addresses() -> list[Address]:
    """Return each address once; those that match anything, as the ones for "not found" do, are left out."""
    return list({one.pattern: one for one in _found(get_resolver().url_patterns)}.values())


def _found(patterns: Iterable[URLPattern | URLResolver], before: str = "/") -> Iterator[Address]:
    for one in patterns:
        text = before + str(one.pattern).strip("^$")
        if isinstance(one, URLResolver):
            yield from _found(one.url_patterns, text)
            continue
        names = tuple(name or other for name, other in _PART.findall(text))
        plain = _PART.sub(lambda match: f"{{{match[1] or match[2]}}}", text.replace("\\", ""))
        if not str(one.pattern) and text.endswith("v1/"):
            continue
        yield Address(plain, names, one.callback)
