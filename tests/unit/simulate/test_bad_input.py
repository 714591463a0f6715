"""Whatever does not fit is refused in one sentence that names the option, before anything is started."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from hitl.management.commands import simulate as command
from tests.integration.simulate.worlds import as_jsonl, mails


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"file": "absent.csv"}, "FILE absent.csv is not there"),
        (
            {"label": "verdict"},
            'label column "verdict" is not in the file. Columns of the file: body, label.',
        ),
        ({"label": "body"}, 'label column "body" holds'),
        ({"time": "when"}, 'time column "when" is not in the file'),
        ({"time": "body"}, 'time column "body" holds no dates'),
        ({"fields": "body"}, 'fields "body" is not NAME:KIND'),
        ({"fields": "text:text"}, 'fields column "text" is not in the file'),
        ({"start": "60"}, "--start 60 leaves no case: FILE has 60 usable rows"),
        ({"target": "1.5"}, "--target 1.5 is out of range"),
        ({"confidence": "0.2"}, "--confidence 0.2 is out of range"),
        ({"audit_rate": "0"}, "--audit-rate 0 is out of range"),
        ({"reviewer_error": "1"}, "--reviewer-error 1.0 is out of range"),
        ({"reviewers": "0"}, "--reviewers 0 is out of range"),
        ({"retrain_every": "0"}, "--retrain-every 0 is out of range"),
        ({"drift": "earthquake@5"}, '--drift "earthquake@5" is not KIND@CASE'),
        ({"drift": "flip@500"}, "--drift flip@500: cases are counted from 1"),
        ({"drift": "flip@5", "start": "0"}, "--drift flip needs a first model"),
        ({"report": "mails.jsonl"}, "is a file"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(
    change: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "run_on_stage", lambda *_, **__: pytest.fail("it was started"))
    monkeypatch.chdir(tmp_path)
    as_jsonl(mails(60), Path("mails.jsonl"))
    file = change.pop("file", "mails.jsonl")
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in change.items()]
    with pytest.raises(CommandError) as refused:
        call_command("simulate", file, *arguments)
    assert said in str(refused.value)
    assert refused.value.returncode == 2
