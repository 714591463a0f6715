"""One page that shows every picture that the browser tests took: `manage.py test --screens DIR`."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

SHEET = "index.html"
_STYLE = (
    "body{font:14px system-ui;margin:2rem;background:#f7f7f5}h2{margin:2rem 0 .5rem;font-size:1rem}"
    "div{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}figure{margin:0}"
    "img{height:18rem;border:1px solid #ccc;object-fit:cover;object-position:top}"
    "figcaption{color:#555;font-size:.75rem}"
)
_HOW = {"light", "dark", "wide", "middle", "narrow", "empty"}


def write_contact_sheet(folder: Path) -> Path | None:
    """Write a page with all pictures of a folder, those of one page of the service side by side.

    Returns None where there is no picture. Names are as `Visitor.shoot` gives them: the page, then how it was
    looked at, as in `desk-dark-narrow.png`.
    """
    pictures = sorted(folder.glob("*.png"))
    if not pictures:
        return None
    groups: dict[str, list[Path]] = {}
    for picture in pictures:
        groups.setdefault(_page_of(picture), []).append(picture)
    body = "".join(_group(name, group) for name, group in sorted(groups.items()))
    head = (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Screens</title><style>{_STYLE}</style>'
    )
    sheet = folder / SHEET
    sheet.write_text(f"{head}<h1>{len(pictures)} screens of {len(groups)} pages</h1>{body}</html>")
    return sheet


def _page_of(picture: Path) -> str:
    words = picture.stem.split("-")
    while len(words) > 1 and words[-1] in _HOW:
        words.pop()
    return "-".join(words)


def _group(name: str, pictures: list[Path]) -> str:
    return f"<h2>{escape(name)}</h2><div>{''.join(_figures(pictures))}</div>"


def _figures(pictures: list[Path]) -> Iterator[str]:
    for picture in pictures:
        file = escape(picture.name)
        yield (
            f'<figure><a href="{file}"><img src="{file}" alt="{escape(picture.stem)}" loading="lazy"></a>'
            f"<figcaption>{escape(picture.stem)}</figcaption></figure>"
        )
