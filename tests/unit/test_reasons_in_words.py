"""Why a decision was made is said in words that people read, not in those of the code."""

from django.utils.translation import override

from policy.types import REASONS


def test_no_reason_is_said_by_the_word_of_the_code() -> None:
    with override("en"):
        bare = [code for code, words in REASONS if str(words).lower() == code.replace("_", " ")]
    assert bare == []
