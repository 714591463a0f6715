"""Bare texts in templates: between tags, in attributes that are read, in arguments of our components."""

import re
from collections.abc import Iterator

from hitl.languages.bare import Bare

READ = {
    *("alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext"),
    *("hx-confirm", "hx-prompt", "label", "placeholder", "title"),
}
"""Attributes whose value people see or hear."""

NO_WORDS = {"code", "kbd", "pre", "samp", "script", "style"}
"""Elements whose text belongs to machines."""

COMPONENTS: dict[str, tuple[tuple[int, ...] | None, set[str]]] = {
    "badge": ((0,), {"title"}),
    "bar": ((1,), set()),
    "breadcrumb": (None, set()),
    "button": ((0,), {"title", "aria_label"}),
    "card": ((0,), {"title", "hint", "end"}),
    "dialog": ((1,), {"title"}),
    "empty": ((0,), {"title"}),
    "facts": (None, set()),
    "icon": ((1,), {"title"}),
    "field": ((), {"placeholder", "title", "aria_label"}),
    "pager": ((0,), {"summary"}),
    "progress": ((0,), {"words", "note"}),
    "sparkline": ((1,), {"words"}),
    "against": ((4,), {"words"}),
    "stat": ((0,), {"name", "note", "unit", "value"}),
    "table": ((0,), {"caption"}),
    "tabs": ((0,), {"label"}),
    "toast": ((0,), {"words"}),
    "when": ((), {"absent"}),
    "firstof": (None, set()),
}
"""Our tags: which arguments by place (None: all) and by name are words."""

GIVES = {"default", "default_if_none", "yesno", "pluralize"}
"""Filters that put their argument on the page."""

_TOKEN = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
_TAG = re.compile(r"<!.*?>|<(/?)([a-zA-Z][\w-]*)([^<>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:@.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_LITERAL = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_ARGUMENT = re.compile(
    rf"(?<=\s)((?:\w+=)?)(_\({_LITERAL}\)|{_LITERAL}|[^\s\"'|]+)((?:\|\w+(?::(?:{_LITERAL}|[^\s|]+))?)*)"
)
_FILTER = re.compile(r"\|(\w+)(?::((?:_\()?(?:\"[^\"]*\"|'[^']*'|[^\s|}]+)\)?))?")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_ENTITY = re.compile(r"&#?\w+;")
_VALUE, _GONE, _WALL = "\ue000", "\ue001", "\ue002"
"""What stands for a token that shows something, one that shows nothing, one that no sentence runs across."""
_WALLS = re.compile(r"(?:end)?(?:block|card|dialog|empty|for|notice|table|with)$|extends$|load$|include$")
_SHOWING = {"translate", "when", "url", "key", "badge"}
_CLASSES = re.compile(r"{% *block main_class *%}")
_OUR_NAME = re.compile(r"\bhitl\b")


def bare_in_template(source: str) -> list[Bare]:
    """Return the bare texts of a template, in order."""
    masked, tokens = _masked(source)
    found = [*_in_html(source, masked), *_in_tokens(source, masked, tokens)]
    return sorted(found, key=lambda bare: bare.start)


def _bare(source: str, start: int, end: int, kind: str) -> Bare:
    return Bare(source.count("\n", 0, start) + 1, " ".join(source[start:end].split()), start, end, kind)


def _masked(source: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the template with every token and every translated block as so many signs of no letters."""
    tokens, masked, inside, begun = [], list(source), "", 0
    for found in _TOKEN.finditer(source):
        start, end = found.span()
        name = found[0][2:].split(None, 1)[0].rstrip("%}") if found[0].startswith("{%") else ""
        if inside:
            if name == f"end{inside}":
                masked[begun:end] = (_VALUE if inside == "blocktranslate" else _GONE) * (end - begun)
                inside = ""
            continue
        if name in {"blocktranslate", "comment", "verbatim"} or _CLASSES.fullmatch(found[0]):
            inside, begun = name, start
            continue
        is_kept = name in _SHOWING and not re.search(r" as \w+ *%}$", found[0])
        sign = _WALL if _WALLS.match(name) else _VALUE if found[0][1] == "{" or is_kept else _GONE
        masked[start:end] = sign * (end - start)
        if not found[0].startswith("{#"):
            tokens.append((start, end))
    return "".join(masked), tokens


def has_words(text: str) -> bool:
    """Tell whether anything is to read there."""
    return bool(_LETTERS.search(_OUR_NAME.sub("", _ENTITY.sub(" ", text))))


def _in_html(source: str, masked: str) -> Iterator[Bare]:
    at, silent = 0, ""
    for tag in [*_TAG.finditer(masked), None]:
        end = tag.start() if tag else len(masked)
        for run in re.finditer(f"[^{_WALL}]+", masked[at:end]) if not silent else ():
            if has_words(run[0]):
                first, last = _trimmed(masked, at + run.start(), at + run.end())
                yield _bare(source, first, last, "text")
        if tag is None or tag[2] is None:
            at = tag.end() if tag else end
            continue
        at, name = tag.end(), tag[2].lower()
        if name in NO_WORDS and not tag[3].endswith("/"):
            silent = "" if tag[1] else silent or name
        if not silent or name not in {"script", "style"}:
            yield from _in_attributes(source, tag, name)


def _trimmed(masked: str, start: int, end: int) -> tuple[int, int]:
    kept = masked[start:end].strip(f"{_GONE} \n\t")
    first = masked.index(kept, start)
    return first, first + len(kept)


def _in_attributes(source: str, tag: re.Match[str], element: str) -> Iterator[Bare]:
    is_a_button = element == "input" and re.search(r'type="(submit|button|reset)"', tag[3])
    for found in _ATTRIBUTE.finditer(tag[3]):
        is_read = found[1].lower() in READ or (is_a_button and found[1] == "value")
        if is_read and has_words(found[2]):
            start = tag.start(3) + found.start(2) + 1
            yield _bare(source, start, tag.start(3) + found.end(2) - 1, "attribute")


def _in_tokens(source: str, masked: str, tokens: list[tuple[int, int]]) -> Iterator[Bare]:
    unread = _unread(masked)
    for start, end in tokens:
        is_unread = any(first <= start < last for first, last in unread)
        inner = source[start + 2 : end - 2]
        if source.startswith("{{", start):
            if not is_unread:
                yield from _in_filters(source, start, end)
            continue
        name = inner.split(None, 1)[0] if inner.strip() else ""
        if name in {"with", "include"} or (name in COMPONENTS and not is_unread):
            yield from _in_arguments(source, start, end, name)
            yield from _in_filters(source, start, end, only_words=True)


def _unread(masked: str) -> list[tuple[int, int]]:
    """Return where attributes stand that nobody reads: what a filter gives there is no text."""
    return [
        (tag.start(3) + found.start(2), tag.start(3) + found.end(2))
        for tag in _TAG.finditer(masked)
        if tag[3]
        for found in _ATTRIBUTE.finditer(tag[3])
        if found[1].lower() not in READ
    ]


def _looks(value: str) -> bool:
    """Tell whether a literal looks like words rather than like a name of the code."""
    return bool(re.search(r"[^\W\d_] [^\W\d_]|^.[A-Z]", value)) and not value.endswith('.html"')


def _in_arguments(source: str, start: int, end: int, tag: str) -> Iterator[Bare]:
    at, place = source.index(tag, start) + len(tag), 0
    for found in _ARGUMENT.finditer(source, at, end - 2):
        name, value = found[1].rstrip("="), found[2]
        if value[0] in "\"'" and has_words(value) and _is_said(tag, name, place, value):
            yield _bare(source, found.start(2), found.end(2), "argument")
        place += not name


def _is_said(tag: str, name: str, place: int, value: str) -> bool:
    """Tell whether this argument of a tag is shown."""
    if tag not in COMPONENTS:
        return bool(name) and _looks(value)
    places, names = COMPONENTS[tag]
    return name in names if name else places is None or place in places


def _in_filters(source: str, start: int, end: int, *, only_words: bool = False) -> Iterator[Bare]:
    for found in _FILTER.finditer(source, start, end):
        name, given = found[1], found[2] or ""
        if name == "pluralize" or (
            name in GIVES
            and given[:1] in {'"', "'"}
            and has_words(given)
            and (not only_words or _looks(given))
        ):
            yield _bare(source, found.start(), found.end(), "filter")
