"""Ask a model elsewhere about a batch of cases, and read what it says. No row is changed here.

A server that cannot be reached, hangs, fails, answers short or names another version has said nothing about
any case of the batch: it is asked again until their deadline. What it says of a single case is read as scores
that are sent with cases are.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hitl.outbox.addresses import check_url
from hitl.outbox.sending import Reply, post
from hitl.shared import clock
from hitl.shared.sealed import Unreadable, unseal
from hitl.shared.words import Words, figure
from models_store.doors import DOORS, DoorFault, Heard, chat
from models_store.models import Source
from models_store.services import onnx_files
from models_store.types import Door
from science.decision_terms import Reason
from science.serving import SourceAnswer, read_source_answer

MAX_SECONDS = 60.0  # for a batch that takes several requests
MAX_ANSWER = 8 * 1024 * 1024
# What a server says of a whole batch although a single case may be the cause, which its model cannot bear.
OF_ONE_CASE = frozenset({Reason.SOURCE_FAILED, Reason.SOURCE_REFUSED})
MAX_FAULTS = 24  # of looking for such cases in a batch
SILENT_FAULTS = 7  # after as many without an answer it is the server: no case of 64 is found later than that


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server said: of each case, with its share of the time in ms and of the price."""

    sent: list[object]
    milliseconds: float
    cost: float


def batch_of(source: Source) -> int:
    """How many cases the source is asked about at once."""
    return DOORS[source.door].batch


def ask(source: Source, contents: Sequence[Mapping[str, Any]]) -> Answered:
    """Ask about these cases, at most `batch_of` at once.

    Raises:
        DoorFault: nothing of the answer is of use; it says why.
    """
    way = DOORS[source.door]
    options = source.options | {"version": source.version}
    exchange = onnx_files.run if source.door == Door.ONNX else _exchange
    replies, milliseconds = [], 0.0
    end = time.monotonic() + MAX_SECONDS
    for call in way.calls(options, contents):
        if time.monotonic() > end:
            raise DoorFault(
                Reason.SOURCE_TIMEOUT,
                Words("no answers to a whole batch within %(seconds)s s", seconds=figure(MAX_SECONDS)),
            )
        reply, took = exchange(source, call.body)
        milliseconds += took
        replies.append(reply)
    heard = way.read(options, replies, len(contents))
    others = heard.versions - {source.version}
    if others:
        words = Words(
            "it names version %(named)s instead of %(version)s",
            named=repr(sorted(others)[0][:100]),
            version=repr(source.version),
        )
        raise DoorFault(Reason.SOURCE_CHANGED, words)
    n = len(contents)
    return Answered(heard.sent, milliseconds / n, _cost(source, heard, len(replies)) / n)


def ask_around(source: Source, contents: Sequence[Mapping[str, Any]]) -> Answered:
    """As `ask`; where the server fails or refuses, look by halves for the cases that it cannot bear.

    Such a case is answered by the reason, if others of the batch have been answered; what was not reached, by
    `Reason.SCORING`: it is to be asked about again.

    Raises:
        DoorFault: nothing of the answer is of use; it says why.
    """
    try:
        return ask(source, contents)
    except DoorFault as fault:
        if fault.reason not in OF_ONE_CASE or len(contents) == 1:
            raise
        return _by_halves(source, contents, fault)


def _by_halves(source: Source, contents: Sequence[Mapping[str, Any]], first: DoorFault) -> Answered:
    sent: list[object] = [Reason.SCORING] * len(contents)
    milliseconds, cost, n_answered, faults = 0.0, 0.0, 0, 0
    open_parts, end = _halves(range(len(contents))), time.monotonic() + MAX_SECONDS
    while open_parts and faults < (MAX_FAULTS if n_answered else SILENT_FAULTS) and time.monotonic() < end:
        part = open_parts.pop()
        try:
            answered = ask(source, contents[part.start : part.stop])
        except DoorFault as fault:
            if fault.reason not in OF_ONE_CASE:
                break
            faults += 1
            if len(part) == 1:
                sent[part.start] = fault.reason
            else:
                open_parts += _halves(part)
        else:
            sent[part.start : part.stop] = answered.sent
            n_answered += len(part)
            milliseconds += answered.milliseconds * len(part)
            cost += answered.cost * len(part)
    if not n_answered:
        raise first
    return Answered(sent, milliseconds / n_answered, cost / n_answered)


def _halves(part: range) -> list[range]:
    middle = (part.start + part.stop) // 2
    return [range(middle, part.stop), range(part.start, middle)]  # the first is taken first


def quotes_of(source: Source, content: Mapping[str, Any], label: str) -> tuple[list[str], float, float]:
    """Ask a language model to quote what speaks for a label; return quotes, milliseconds and cost.

    Raises:
        DoorFault: it gave no answer, or another version did.
    """
    options = source.options | {"version": source.version}
    own = [said for said, meant in source.label_map.items() if meant == label]
    reply, milliseconds = _exchange(source, chat.quote_call(options, content, " / ".join(own) or label).body)
    told = reply if isinstance(reply, Mapping) else {}
    named = told.get("model")
    if str(named) != source.version:
        words = Words(
            "it names version %(named)s instead of %(version)s",
            named=repr(str(named)[:100]),
            version=repr(source.version),
        )
        raise DoorFault(Reason.SOURCE_CHANGED, words)
    usage = told.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, Mapping) else 0
    tokens = tokens if isinstance(tokens, int) else 0
    return chat.read_quotes(reply), milliseconds, source.price * tokens / 1000


def read(source: Source, sent: object) -> SourceAnswer:
    """Read what was said of one case."""
    if isinstance(sent, Reason):
        return SourceAnswer(None, sent)
    return read_source_answer(sent, source.label_map, source.labels)


def _cost(source: Source, heard: Heard, calls: int) -> float:
    return source.price * (heard.tokens / 1000 if source.door == Door.CHAT else calls)


def _exchange(source: Source, body: Any) -> tuple[Any, float]:
    headers = {"Content-Type": "application/json"}
    if source.secret:
        try:
            headers["Authorization"] = unseal(bytes(source.secret))
        except Unreadable:
            words = Words("its secret was sealed under another secret of the service")
            raise DoorFault(Reason.SOURCE_REFUSED, words) from None
    reply = post(
        check_url(source.address),
        headers,
        json.dumps(body).encode(),
        seconds=source.seconds,
        wall_time=clock.now().timestamp(),
        keep=MAX_ANSWER,
    )
    if reply.is_late:
        raise DoorFault(Reason.SOURCE_TIMEOUT, reply.error)
    if reply.status is None:
        raise DoorFault(Reason.SOURCE_UNREACHABLE, reply.error)
    if reply.status >= 500:
        raise DoorFault(Reason.SOURCE_FAILED, Words("it answered %(status)s", status=str(reply.status)))
    if not reply.is_success:
        raise DoorFault(
            Reason.SOURCE_REFUSED, reply.error or Words("it answered %(status)s", status=str(reply.status))
        )
    if reply.error:
        raise DoorFault(Reason.SOURCE_UNREADABLE, reply.error)
    return _json(reply), reply.milliseconds


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        raise DoorFault(Reason.SOURCE_UNREADABLE, "the answer is not JSON") from None
