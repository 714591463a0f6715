"""What somebody says about a file's columns, by options or on a page. What is left out is guessed."""

from dataclasses import dataclass

from hitl.shared.errors import Invalid
from science.fields import Kind


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a file.

    Attributes:
        label: the column with the right answers.
        reference: the column that names each case.
        time: the column that says when each case came in.
        fields: name and kind of the columns that are fields; all others are left out.
        day_first: 1/2/2026 is the first of February.
    """

    label: str | None = None
    reference: str | None = None
    time: str | None = None
    fields: tuple[tuple[str, Kind], ...] | None = None
    day_first: bool = False


NOTHING = Told()


def parse_fields(text: str) -> tuple[tuple[str, Kind], ...]:
    """Read `name:kind,...`; a name may hold colons.

    Raises:
        Invalid: a part has no kind, or a name is there twice.

    >>> [(name, kind.value) for name, kind in parse_fields("body:text,amount:number")]
    [('body', 'text'), ('amount', 'number')]
    """
    pairs, known = [], {kind.value: kind for kind in Kind}
    for part in text.split(","):
        name, colon, kind = part.strip().rpartition(":")
        if not colon or not name or kind not in known:
            fix = f"Kinds are {', '.join(Kind)}."
            raise Invalid(
                [{"field": "fields", "error": f'"{part.strip()[:60]}" is not NAME:KIND', "fix": fix}]
            )
        pairs.append((name, known[kind]))
    if len(dict(pairs)) < len(pairs):
        raise Invalid([{"field": "fields", "error": "name a column twice", "fix": "Name each once."}])
    return tuple(pairs)
