"""Print rows as a table that fits a terminal."""

from collections.abc import Sequence

from hitl.bench.rows import Row

_HEAD = ("", "measured", "low - high", "unit", "bar", "aim", "met")


def table(rows: Sequence[Row]) -> str:
    """Return the table as text, columns aligned, notes beneath their rows."""
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_HEAD))]
    lines = []
    for row, line in zip([None, *rows], cells, strict=True):
        parts = [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        lines.append("  ".join(parts).rstrip())
        if row is None:
            lines.append("-" * (sum(widths) + 2 * (len(widths) - 1)))
        elif row.note:
            lines.append(f"    {row.note}")
    return "\n".join(lines)


def line(row: Row) -> str:
    """Return one row by itself, for who waits for the others."""
    name, measured, span, unit, bar, _, met = _cells(row)
    parts = [name, measured, f"({span})" * bool(span), unit, f"bar {bar}" * bool(bar), met, row.note]
    return "  ".join(part for part in parts if part)


def _cells(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "aim" if row.reaches_aim else "yes", False: "NO"}[row.met]
    span = "" if row.low is None or row.high is None else f"{_number(row.low)} - {_number(row.high)}"
    return (
        row.name,
        "-" if row.measured is None else _number(row.measured),
        span,
        row.unit,
        _number(row.bar),
        _number(row.aim),
        met,
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
