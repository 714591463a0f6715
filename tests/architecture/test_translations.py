"""Every text can be translated, and what is translated is whole: docs/how-to/translate.md."""

import ast
import re
from collections import Counter

import pytest
from django.conf import settings

from hitl.languages.bare.python import called
from hitl.languages.bare.rooms import bare_texts
from hitl.languages.catalogues import WRITTEN, expected, is_done, missing, read
from hitl.languages.compiling import merged
from hitl.languages.gathering import texts
from hitl.languages.pseudo import LANGUAGES as PSEUDO
from hitl.languages.rooms import DOMAINS, ROOMS, TOLD, all_catalogues
from hitl.management.commands.errors import all_errors
from hitl.runtime.paths import ROOT


def test_there_is_no_text_that_no_catalogue_can_translate() -> None:
    found = Counter({room.name: sum(1 for _ in bare_texts(room)) for room in ROOMS if room.name != TOLD})
    assert not +found, "`python3 manage.py translations --bare ROOM` lists them"


def test_what_training_tells_people_can_be_said_in_their_language() -> None:
    said = [
        node.args[0]
        for path in (ROOT / "science/pipelines").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and called(node) in {"NotTrainable", "progress", "say", "Candidate"}
    ]
    assert len(said) > 20
    known = {"name", "few"}  # of what was told above
    assert not [
        ast.unparse(text)
        for text in said
        if not (isinstance(text, ast.Call) and called(text) == "Told") and ast.unparse(text) not in known
    ]


def test_the_catalogues_have_the_texts_that_are_in_the_code() -> None:
    stale = [path.relative_to(ROOT) for path, content in expected() if not is_done(path, content)]
    assert not stale, "run `python3 manage.py translations`"


def test_a_language_is_offered_when_everything_is_translated_and_not_before() -> None:
    whole = {language for language in WRITTEN if not any(missing(language))}
    assert {code for code, _ in settings.LANGUAGES} == {"en"} | whole


def test_languages_nobody_speaks_are_not_offered() -> None:
    assert not {code for code, _ in settings.LANGUAGES} & PSEUDO.keys()


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("domain", DOMAINS)
def test_one_text_is_translated_in_one_way(language: str, domain: str) -> None:
    assert merged(language, domain).locale_identifier == language


def test_translations_keep_the_places_for_values() -> None:
    wrong = [
        (path.relative_to(ROOT), message.id, str(problem))
        for path in all_catalogues()
        for catalog in [read(path, path.parts[-3])]
        for message in catalog
        if message.id
        for problem in message.check(catalog)
    ]
    assert not wrong


def test_every_error_that_a_page_may_show_has_its_sentence_in_a_catalogue() -> None:
    known = {text.id for room in ROOMS for text in texts(room, "django")}
    shown = [error for error in all_errors() if not error.__module__.startswith("hitl.api.")]
    said = {" ".join((error.__doc__ or "").split()) for error in shown}
    unknown = said - known
    assert not unknown


def test_no_per_cent_stands_in_the_short_form_of_templates() -> None:
    """Django doubles it there and does not take it back: write `{% translate "5 %" as words %}` before."""
    for room in ROOMS:
        for path in room.files(".html"):
            assert not re.findall(r"_\(\"[^\"]*%[^\"]*\"\)", path.read_text()), path
