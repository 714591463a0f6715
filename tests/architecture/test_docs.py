"""The documentation says what is so: links, files, commands, words, settings and errors exist."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from hitl.accounts.types import Role, Scope
from hitl.flow.doors.api.urls import urlpatterns as api
from hitl.management.commands import errors
from hitl.outbox.event_kinds import EVENT_KINDS, TEST_KIND
from hitl.schedule import SCHEDULE
from policy.types import REASONS, ROUTES

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
TOP = (
    "hitl",
    "science",
    "cases",
    "models_store",
    "policy",
    "reviews",
    "monitoring",
    "tests",
    "bench",
    "docs",
    ".ci",
)
CODE = ("hitl", "science", "cases", "models_store", "policy", "reviews", "monitoring")

each_page = pytest.mark.parametrize("name", NAMES)


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def prose_of(text: str) -> str:
    """The text without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """What headings are linked by, as hosts of repositories make it."""
    headings = re.findall(r"^#+ +(.+)$", prose_of(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_relative_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(text_of(name))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there.read_text()), target


@each_page
def test_every_file_that_is_named_exists(name: str) -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text_of(name))
    ours = [path for path in named if path.split("/")[0] in TOP]
    missing = [path for path in ours if not (ROOT / path).exists() and not is_template(path)]
    assert missing == []


def is_template(path: str) -> bool:
    return any((folder / path).exists() for folder in ROOT.glob("*/templates")) or any(
        (folder / path).exists() for folder in ROOT.glob("hitl/*/templates")
    )


@each_page
def test_every_command_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"manage\.py ([a-z]\w*)", text_of(name)))
    assert named - {*get_commands(), "version"} == set()


@each_page
def test_no_page_names_a_host_of_packages_or_a_path_of_one_machine(name: str) -> None:
    text = text_of(name)
    assert not re.search(
        r"pypi\.org|pythonhosted|npmjs|crates\.io|registry\.|proxy\.golang", text, re.IGNORECASE
    )
    assert not re.search(r"(?<![\w./-])/(home|root|work|Users|tmp|opt|mnt)/\w", text)


@each_page
def test_a_page_begins_with_its_title(name: str) -> None:
    assert text_of(name).startswith("# ")


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = re.findall(r"\]\(([^)\s#]+)[^)]*\)", prose_of(page.read_text()))
        todo += [(page.parent / target).resolve() for target in targets if not re.match(r"[a-z]+:", target)]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


def rows_of(name: str) -> Iterator[list[str]]:
    """The cells of every table row of a page, headings included."""
    for line in text_of(name).splitlines():
        if line.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def resolve(dotted: str) -> Any:
    """The module, class or attribute of this name."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            is_annotated = part in getattr(found, "__annotations__", {})
            found = getattr(found, part, None) if not is_annotated else found.__annotations__[part]
            assert found is not None, dotted
        return found
    raise AssertionError(dotted)


def test_every_word_of_the_glossary_lives_in_the_code() -> None:
    words = [row for row in rows_of("docs/reference/glossary.md") if row[0].startswith("**")]
    assert len(words) > 30
    for _, _, code in words:
        resolve(code.strip("`"))


WHERE = "docs/explanation/where-things-are.md"


def test_the_rooms_in_the_picture_of_the_code_exist() -> None:
    picture = re.findall(r"^```\n(.*?)^```", text_of(WHERE), flags=re.MULTILINE | re.DOTALL)[0]
    rooms = set(re.findall(r"(?<![\w/])([a-z_]+(?:/[a-z_]+)*)/(?!\w)", picture))
    folders = {
        str(folder.relative_to(ROOT))
        for top in CODE
        for folder in [ROOT / top, *(ROOT / top).rglob("*")]
        if folder.is_dir()
    }
    assert len(rooms) > 20
    assert [
        room for room in sorted(rooms) if not any(f"/{folder}".endswith(f"/{room}") for folder in folders)
    ] == []


def test_where_to_change_something_names_what_is_there() -> None:
    answers = [row[1] for row in rows_of(WHERE) if not row[0].startswith(("…", "-"))]
    assert len(answers) > 60
    for answer in answers:
        paths = re.findall(r"`([\w/.-]+/[\w.-]*)`", answer)
        assert paths, answer
        assert [path for path in paths if not (ROOT / path).exists()] == []
        named = re.findall(r"`(\w+)` in `([\w/.-]+)`", answer)
        named += [(name, path) for path, name in re.findall(r"`([\w/.-]+\.py)`, `(\w+)`", answer)]
        for name, path in named:
            assert name in (ROOT / path).read_text(), f"{name} in {path}"


def test_every_path_that_the_documentation_names_exists() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "bench/README.md"]
    named = {
        (str(page.relative_to(ROOT)), path)
        for page in pages
        for path in re.findall(rf"`((?:{'|'.join(CODE)}|bench|docs|tests)/[\w./-]*)", page.read_text())
    }
    assert len(named) > 150
    lost = [(page, path) for page, path in sorted(named) if not (ROOT / path).exists()]
    assert [each for each in lost if not list(ROOT.glob(f"*/*/templates/{each[1]}"))] == []


def test_the_list_of_errors_is_that_of_the_code() -> None:
    assert errors.REFERENCE.read_text() == errors.document(), "Run `python3 manage.py errors`."


def test_errors_with_advice_of_their_own_exist() -> None:
    assert set(errors.ADVICE) <= {error.code for error in errors.all_errors()}


def test_every_code_that_a_door_answers_with_is_listed() -> None:
    doors = [*(ROOT / "hitl/api").rglob("*.py"), *(ROOT / "hitl/flow/doors").rglob("*.py")]
    answered = {
        code for file in doors for code in re.findall(r'\bproblem\(\s*\d{3},\s*"(\w+)"', file.read_text())
    }
    listed = {row[0].strip("`") for row in rows_of("docs/reference/errors.md")}
    assert answered
    assert answered <= listed


def test_every_variable_that_the_code_reads_is_a_setting_on_the_page() -> None:
    read = set()
    for package in CODE:
        for file in (ROOT / package).rglob("*.py"):
            read |= set(
                re.findall(
                    r"(?:os\.environ(?:\.get|\.setdefault)?[(\[]|getenv\(|(?<!\w)(?:flag|required|number|names|networks)\("
                    r'|whole_number\()\s*"([A-Z][A-Z0-9_]+)"',
                    file.read_text(),
                )
            )
    read |= set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    inner = {
        "DJANGO_SETTINGS_MODULE",
        "HITL_ADDRESS",
        "HITL_CLOCK_STEP",
        "PYTHONPATH",
    }  # set by the runtime itself
    listed = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text_of("docs/reference/settings.md")))
    assert {"DATABASE_URL", "HITL_WEBHOOK_NETWORKS", "POSTGRES_PASSWORD"} <= read
    assert read - inner - listed == set()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("decisions", [value for value, _ in [*ROUTES, *REASONS]]),
        ("events", [*EVENT_KINDS, TEST_KIND]),
        ("roles", [*Role.values, *Scope.values]),
        ("commands", [task for task, _ in SCHEDULE.values()]),
    ],
)
def test_a_reference_lists_every_word_of_the_code(page: str, words: list[str]) -> None:
    listed = set(re.findall(r"`([\w.]+)`", text_of(f"docs/reference/{page}.md")))
    assert set(words) - listed == set()


def test_the_table_of_the_api_names_every_address() -> None:
    page = text_of("docs/reference/api.md")
    for pattern in api:
        route = re.sub(
            r"<\w+:(\w+)>",
            lambda found: (
                "{" + found[1].removesuffix("_id").replace("case", "id").replace("batch", "id") + "}"
            ),
            str(pattern.pattern),
        )
        if route and not route.startswith("^"):
            assert f"/{route}`" in page, route
    requests = re.findall(r"^\| `([A-Z]+ \S+)`", page, re.MULTILINE)
    assert [one for one in requests if requests.count(one) > 1] == []


def test_decisions_about_the_architecture_are_numbered_one_after_another() -> None:
    files = sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))
    numbers = [name[:4] for name in files]
    assert numbers == [f"{n:04}" for n in range(1, len(files) + 1)]
    for name in files:
        title = text_of(f"docs/adr/{name}").split("\n", 1)[0].removeprefix("# ")
        assert title.startswith(f"{name[:4]}. ")
        assert f"[{title}]({name})" in text_of("docs/adr/README.md")


def test_pictures_are_small() -> None:
    pictures = sorted((DOCS / "images").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.suffix == ".png"
        assert picture.stat().st_size < 300_000, picture.name
