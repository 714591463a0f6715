"""Bare texts in Python: what errors say with values filled in, and what forms, messages and choices say."""

import ast
import builtins
import re
from collections.abc import Iterator

from hitl.languages.bare import Bare

TRANSLATED = {
    *("Words", "Told", "counted", "_", "gettext", "gettext_lazy", "gettext_noop"),
    *("ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"),
}
SAID_BY_NAME = {
    "error",
    "fix",
    "help_text",
    "hint",
    "label",
    "note",
    "title",
    "verbose_name",
    "verbose_name_plural",
}
"""Keyword arguments that people read."""
SAID_BY_CALL = {"success", "warning", "add_error", "ValidationError"}
"""Calls (of `messages`, of forms) whose texts people read."""
_TO_MACHINES = {
    "debug",
    "exception",
    "critical",
    "execute",
    "compile",
    "record",
    "emit",
    "log",
    "print",
    "write",
    "_gauge",  # figures of /metrics
    "CounterMetricFamily",
    "GaugeMetricFamily",
}
_BUILT_IN = {name for name in dir(builtins) if name.endswith(("Error", "Exit", "Exception"))}
_FOR_BUILDERS = _BUILT_IN | {
    "CommandError",
    "Http404",
    "ImproperlyConfigured",
    "CannotStart",
    "StopIteration",
}


ALONE = "# untranslated:"
"""A line that ends in this comment, with a reason, is left alone."""
_SENTENCE = re.compile(r"^[A-Z][a-z]* (?:[\w’',;:()-]+ )+[\w’')]+|[a-z]{2,} [a-z]{2,} [a-z]{2,}")


def bare_in_python(source: str) -> list[Bare]:
    """Return the texts of a module that no catalogue can translate."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    seen: set[int] = set()
    found = []
    for node, kind in _found(ast.parse(source)):
        if id(node) not in seen and ALONE not in "".join(lines[node.lineno - 1 : node.end_lineno]):
            text = " ".join(ast.unparse(node).split())
            found.append(Bare(node.lineno, text, starts[node.lineno - 1], starts[node.lineno], kind))
        seen.add(id(node))
    return found


def _found(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and is_for_people(node.exc):
            yield from ((text, "error") for text in node.exc.args if _is_composed(text))
        if isinstance(node, ast.ClassDef):
            yield from ((text, "choice") for text in _choice_labels(node) if _is_text(text))
            yield from ((field, "label") for field in _fields_without_label(node))
        if isinstance(node, ast.Call) and called(node) == "Problem":
            yield from (
                (k.value, "error") for k in node.keywords if k.arg != "field" and _is_composed(k.value)
            )
        elif isinstance(node, ast.Call):
            yield from ((k.value, "text") for k in node.keywords if k.arg in SAID_BY_NAME and _reads(k.value))
            if called(node) in SAID_BY_CALL:
                yield from ((text, "text") for text in node.args[-1:] if _reads(text))
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and _is_choice(*node.elts):
            yield node.elts[1], "choice"
    yield from ((text, "sentence") for text in _sentences(tree))


def _sentences(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what reads like a sentence, wherever it stands but in docstrings, logs and what is translated."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call) and called(node) in TRANSLATED | _TO_MACHINES:
        return
    if isinstance(node, ast.Raise):
        return  # looked at by itself
    if isinstance(node, ast.JoinedStr):
        literal = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        if _SENTENCE.search(literal):
            yield node
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SENTENCE.search(node.value):
        yield node
    is_problem = isinstance(node, ast.Call) and called(node) == "Problem"  # its plain sentences are gathered
    for child in ast.iter_child_nodes(node):
        if not (is_problem and isinstance(child, ast.keyword) and isinstance(child.value, ast.Constant)):
            yield from _sentences(child)


def called(node: ast.Call) -> str:
    """Return the last name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_for_people(call: ast.Call) -> bool:
    """Tell whether a raised error is one that a page may show, not a mistake of a programmer."""
    return called(call)[:1].isupper() and called(call) not in _FOR_BUILDERS


def _is_text(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(re.search("[a-z]{2}", node.value))
    )


def _is_composed(node: ast.expr) -> bool:
    """Tell whether values are filled in before anybody could translate it."""
    if isinstance(node, ast.JoinedStr):
        return any(_is_text(part) for part in node.values)
    return isinstance(node, ast.BinOp) and any(_is_text(side) for side in (node.left, node.right))


def _reads(node: ast.expr) -> bool:
    is_words = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    is_name = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[:1].isupper()
    return is_words or is_name or _is_composed(node)


def _choice_labels(node: ast.ClassDef) -> Iterator[ast.expr]:
    if not any(isinstance(base, ast.Attribute) and base.attr.endswith("Choices") for base in node.bases):
        return
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple) and len(line.value.elts) == 2:
            yield line.value.elts[1]


def _is_choice(value: ast.expr, label: ast.expr) -> bool:
    """Tell whether a pair is a value of the code and its label: ("waiting", "Waiting")."""
    said = [each.value for each in (value, label) if isinstance(each, ast.Constant)]
    pair = [each for each in said if isinstance(each, str)]
    if len(pair) != 2:
        return False
    return bool(re.fullmatch(r"[a-z_]*", pair[0]) and re.match(r"[A-Z][a-z]|[a-z]+ [a-z]", pair[1]))


def _fields_without_label(node: ast.ClassDef) -> Iterator[ast.expr]:
    """Yield a form's fields that Django would name after the code, in English."""
    if not any(ast.unparse(base).endswith("Form") for base in node.bases):
        return
    for line in node.body:
        if (
            isinstance(line, ast.Assign)
            and isinstance(line.value, ast.Call)
            and called(line.value).endswith("Field")
        ):
            given = {word.arg for word in line.value.keywords}
            if "label" not in given and "HiddenInput" not in ast.unparse(line.value):
                yield line.value.func
