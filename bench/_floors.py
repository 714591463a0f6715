"""What the parts of intake cost by themselves: the least that could be paid for them, a function each."""

import time
from collections.abc import Callable, Sequence

import msgspec
import orjson

from bench._mail import Mail
from bench._same import same_features
from bench._words import fitted, words_of
from hitl.demo.worlds import SpamMail
from models_store.serving import served_model
from science.serving import ServedModel

Content = dict[str, str]
Work = Callable[[], object]
SAME = "scikit-learn with the same features, in a batch"


def scorers(mail: Mail, bodies: Sequence[bytes]) -> dict[str, Work]:
    """Return by name what reads or scores all the bodies, ready to be measured."""
    contents: list[Content] = [orjson.loads(body)["content"] for body in bodies]
    texts = [words_of(content) for content in contents]
    served, history = served_model(mail.release.id), SpamMail().history()
    assert isinstance(served, ServedModel)  # noqa: S101 - trained here, not a model elsewhere
    same, words = same_features(served), fitted([e.content for e in history], [e.truth for e in history])
    return {
        SAME: lambda: same(contents),
        "msgspec decodes one case": lambda: [msgspec.json.decode(body) for body in bodies],
        "our scorer, one case": lambda: [served.predict_proba([content]) for content in contents],
        "our scorer, in a batch, per case": lambda: served.predict_proba(contents),
        "scikit-learn with words only, one case": lambda: [words.predict_proba([text]) for text in texts],
        "scikit-learn with words only, in a batch": lambda: words.predict_proba(texts),
    }


def cpu(work: Work) -> float:
    """Return the CPU of this process that a piece of work takes, in ms."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000
