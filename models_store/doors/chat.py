"""Language models behind an OpenAI-compatible server (`POST /v1/chat/completions`).

Each label has a letter, which is one token for any tokenizer; the model is asked for one letter, and the
probabilities of the letters as first token are renormalised. Together they must have `MIN_MASS`: a model that
wants to say something else has said nothing about the labels. Servers that give no log-probabilities are
asked several times, and the votes counted. With the option `rationale` it is asked as well to quote what
speaks for its answer, of cases that go to a person.
"""

import json
from collections import Counter
from collections.abc import Sequence
from math import exp
from typing import Any

from hitl.shared.words import Words
from models_store.doors.types import Call, Content, DoorFault, Heard, Options
from science.decision_terms import Reason

MIN_MASS = 0.5
LETTERS = "ABCDEFGHIJKLMNOPQRST"  # as many as servers give log-probabilities for
MAX_VOTES = 20
QUOTE = """The answer is: {label}. Copy at most three passages of the text above, letter by letter,
that speak most for it. Answer with a JSON list of strings and nothing else."""  # untranslated: for a model


def calls(options: Options, contents: Sequence[Content]) -> list[Call]:
    """A request for each case, or one for each vote."""
    votes = options.get("votes") or 0
    return [Call(_body(options, content, votes)) for content in contents for _ in range(max(1, votes))]


def _prompt(options: Options, content: Content) -> str:
    prompt: str = options["prompt"]
    for name in options["fields"]:
        value = content.get(name)
        prompt = prompt.replace("{" + name + "}", "" if value is None else str(value))
    return prompt


def _body(options: Options, content: Content, votes: int) -> dict[str, Any]:
    prompt = _prompt(options, content)
    choices = "\n".join(
        f"{letter}: {label}" for letter, label in zip(LETTERS, options["classes"], strict=False)
    )
    asked = (
        f"{prompt}\n\nAnswer with one letter and nothing else.\n{choices}"  # untranslated: a model reads it
    )
    body = {"model": options["version"], "messages": [{"role": "user", "content": asked}], "max_tokens": 1}
    if votes:
        return body | {"temperature": 1}
    return body | {"temperature": 0, "logprobs": True, "top_logprobs": len(LETTERS)}


def quote_call(options: Options, content: Content, label: str) -> Call:
    """Ask what in a case speaks for a label, in the case's own words."""
    asked = f"{_prompt(options, content)}\n\n{QUOTE.format(label=label)}"
    messages = [{"role": "user", "content": asked}]
    return Call({"model": options["version"], "messages": messages, "max_tokens": 400, "temperature": 0})


def read_quotes(reply: Any) -> list[str]:
    """Return what was quoted, whether or not it stands in the case; nothing where the answer is no list."""
    try:
        said = reply["choices"][0]["message"]["content"]
        found = json.loads(said[said.index("[") : said.rindex("]") + 1])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def read(options: Options, replies: Sequence[Any], n: int) -> Heard:
    """Make probabilities of log-probabilities or votes, case by case."""
    each = max(1, options.get("votes") or 0)
    read_case = _votes if options.get("votes") else _logprobs
    try:
        sent = [read_case(options["classes"], replies[i * each : (i + 1) * each]) for i in range(n)]
        versions = {str(reply["model"]) for reply in replies}
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        words = Words("the answer is not that of chat completions (%(error)s)", error=type(error).__name__)
        raise DoorFault(Reason.SOURCE_UNREADABLE, words) from None
    tokens = sum((reply.get("usage") or {}).get("total_tokens") or 0 for reply in replies)
    return Heard(sent, versions, tokens)


def _logprobs(classes: Sequence[str], replies: Sequence[Any]) -> object:
    (reply,) = replies
    told = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    mass: Counter[str] = Counter()
    for one in told:
        mass[one["token"].strip()] += exp(float(one["logprob"]))  # type: ignore[assignment]  # counts of fractions
    return _shares(classes, mass)


def _votes(classes: Sequence[str], replies: Sequence[Any]) -> object:
    said = Counter(reply["choices"][0]["message"]["content"].strip()[:1] for reply in replies)
    return _shares(
        classes, {letter: n / len(replies) for letter, n in said.items()}, smoothed=0.5 / len(replies)
    )


def _shares(classes: Sequence[str], mass: Any, smoothed: float = 0.0) -> object:
    own = [float(mass.get(letter, 0.0)) for letter, _ in zip(LETTERS, classes, strict=False)]
    if sum(own) < MIN_MASS:
        return Reason.SOURCE_MASS
    total = sum(own) + smoothed * len(own)
    return {label: (one + smoothed) / total for label, one in zip(classes, own, strict=True)}
