"""Code branches on types, codes and statuses; sentences are for people and may be reworded (ADR 0062)."""

import ast
import re
from collections.abc import Iterator

import pytest

from hitl.runtime.paths import ROOT

CODE = ("science", "cases", "models_store", "policy", "reviews", "monitoring", "hitl", "bench")
LOOKS = {"startswith", "endswith", "removeprefix", "removesuffix", "find", "count", "index"}
IN_A_TEMPLATE = re.compile(r"""{%\s*(?:el)?if\b[^%]*?(?:==|!=|\bin)\s*["']\w+ \w[^"']*["']""")
IN_A_SCRIPT = re.compile(r"""(?:[!=]==?|includes\(|startsWith\()\s*["'`]\w+ \w[^"'`\n]*["'`]""")


def decided_by_sentences(source: str) -> Iterator[int]:
    """Return the lines that compare with several words, or look into the text of something."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            looks_into = [
                part for op, part in zip(node.ops, node.comparators, strict=True) if isinstance(op, ast.In)
            ]
        elif isinstance(node, ast.MatchValue):
            parts, looks_into = [node.value], []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKS:
            parts, looks_into = list(node.args), [node.func.value]
        else:
            continue
        in_a_text = any(map(_is_text_of_something, looks_into)) and any(map(_has_letters, parts))
        if in_a_text or any(map(_has_words, parts)):
            yield parts[0].lineno


def _has_letters(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\w", node.value) is not None
    )


def _has_words(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(_has_words, node.elts))
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\w{2,} \w{2,}", node.value) is not None
    )


def _is_text_of_something(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str"


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("if reason == 'It was refused': pass", True),
        ("if 'alone gives' in reason: pass", True),
        ("if step in ('Read the labels', 'Train'): pass", True),
        ("if ' 409 ' in str(error): pass", True),
        ("if error.message.startswith('Too many failed'): pass", True),
        ("match step:\n  case 'Pass the gate': pass", True),
        ("if status == 'refused': pass", False),
        ("if header.startswith('Bearer '): pass", False),
        ("if '\\x00' in str(value): pass", False),
        ("told = {'looked at': 1}", False),
    ],
)
def test_what_is_looked_for_is_found(source: str, is_found: bool) -> None:
    assert bool(list(decided_by_sentences(source))) is is_found


def test_no_code_branches_on_a_sentence() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for top in CODE
        for path in (ROOT / top).rglob("*.py")
        for line in decided_by_sentences(path.read_text())
    ]
    assert found == [], "Give it a type, a code or a status, and make the words where they are shown."


def test_no_page_branches_on_a_sentence() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for top in CODE
        for kind, pattern in (("html", IN_A_TEMPLATE), ("js", IN_A_SCRIPT))
        for path in (ROOT / top).rglob(f"*.{kind}")
        if "vendor" not in path.parts
        for match in pattern.finditer(path.read_text())
    ]
    assert found == []
