"""The contact sheet shows every picture once, those of one page together."""

from pathlib import Path

from hitl.runtime.contact_sheet import write_contact_sheet


def test_pictures_of_one_page_stand_together_and_names_are_escaped(tmp_path: Path) -> None:
    assert write_contact_sheet(tmp_path) is None
    for name in ("desk-light-wide", "desk-dark-narrow", "desk-empty-light-wide", "a&b-light-middle", "wide"):
        (tmp_path / f"{name}.png").write_bytes(b"")
    sheet = write_contact_sheet(tmp_path)
    assert sheet is not None
    html = sheet.read_text()
    assert "<h1>5 screens of 3 pages</h1>" in html
    assert html.count("<figure>") == 5
    assert html.index("a&amp;b</h2>") < html.index("desk</h2>") < html.index("<h2>wide</h2>")
    desk = html[html.index("desk</h2>") : html.index("<h2>wide</h2>")]
    assert desk.count("<figure>") == 3
