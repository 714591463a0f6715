"""The forms of a page, with the values that a person who just presses the button would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


@dataclass
class PageForm:
    """One form: where it goes, and what it holds."""

    path: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


def forms_of(html: str, page: str) -> list[PageForm]:
    """Return the forms of a page that goes by this path."""
    reader = _Forms(page)
    reader.feed(html)
    return reader.found


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, list[PageForm]()
        self.form: PageForm | None = None
        self.select = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            goes_to = urlsplit(urljoin(self.page, given.get("action", "")))
            self.form = PageForm(goes_to.path, given.get("method", "get").lower())
            self.found.append(self.form)
        if self.form is None or tag not in {"input", "select", "textarea", "option", "button"}:
            return
        name = given.get("name", "")
        if tag == "option" and self.select:
            offered = self.form.values.setdefault(self.select, [])
            offered.insert(0 if "selected" in given else len(offered), given.get("value", ""))
        elif tag == "select":
            self.select = name
            self.form.values.setdefault(name, [])
        elif tag == "textarea":
            self.text = name
            self.form.values.setdefault(name, [""])
        elif name and given.get("type") == "file":
            self.form.files.add(name)
        elif name:
            is_off = given.get("type") in {"checkbox", "radio"} and "checked" not in given
            offered = self.form.values.setdefault(name, [])
            offered.insert(len(offered) if is_off else 0, given.get("value", "on" if is_off else ""))

    def handle_data(self, data: str) -> None:
        if self.form is not None and self.text:
            self.form.values[self.text] = [self.form.values[self.text][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.text = ""
