"""The story once, without a person: submit, automate and queue, review, retrain, serve the new model."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.conf import settings

from cases.models import Case, Workflow
from hitl.audit.verify import verify
from hitl.demo.answers import wrong_outcomes
from hitl.demo.beside import Beside
from hitl.demo.client import ApiClient
from hitl.demo.load import learn_histories
from hitl.demo.people import ACTOR, secrets_of
from hitl.demo.reviewer import Reviewer
from hitl.demo.succession import WHY, NotTold, begin_canary, has_scored, take_over, worse_challenger
from hitl.demo.worlds import WORLDS, Example, SpamMail, World
from hitl.shared import clock
from hitl.shared.errors import HitlError
from models_store.models import TrainingRun
from models_store.selectors import active_run, champion, latest_runs
from models_store.services.runs import request_training
from models_store.types import RunStatus, Trigger
from monitoring.shadow.run import shadow
from monitoring.watch import watch
from policy.models import CutoffSet, Decision
from policy.types import CanaryEnd
from reviews.models import Review
from reviews.services.rules import change_rules
from reviews.types import OPEN

Say = Callable[[str], None]
SUBMITTED, REVIEWED = 60, 12
AT_ONCE, ROUNDS = 30, 10  # mails that come in between two looks at the canary, and looks
PATIENCE_SECONDS = 300


class ItFailed(RuntimeError):
    """A step of the story did not come true; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary."""

    workflow: str
    automated: int
    to_people: int
    reviewed: int
    right: int
    first: str
    second: str


def run_story(address: str, say: Say) -> int:
    """Play the story through; return 0, or 1 with the reason."""
    try:
        lines = _play(address, say)
    except (ItFailed, NotTold, HitlError, OSError) as failure:
        say(f"FAILED: {failure}")
        return 1
    say("")
    say(
        f"{'workflow':<22}{'automated':>10}{'to people':>11}{'reviewed':>10}{'right':>7}  model -> next model"
    )
    for line in lines:
        share = f"{line.right / line.automated:>6.0%}" if line.automated else "     –"
        say(
            f"{line.workflow:<22}{line.automated:>10}{line.to_people:>11}{line.reviewed:>10} {share}"
            f"  {line.first} -> {line.second}"
        )
    say("The story came true.")
    return 0


def _play(address: str, say: Say) -> list[Line]:
    kept = secrets_of(settings.DATA_DIR)
    if kept is None:
        raise ItFailed("the demo was not set up")
    runs = {run.workflow_id: run for run in learn_histories(say)}
    client, tag = ApiClient(address, kept.api_key), secrets.token_hex(3)
    mail, *others = WORLDS
    _learnt(mail, runs, say)
    # It mostly waits until answers may not be taken back.
    canary = Beside(lambda: _worse_model(client, address, kept.password, tag, say))
    for world in others:
        _learnt(world, runs, say)
    told = [_one_world(world, client, address, kept.password, tag, say) for world in others]
    canary.wait()
    told.insert(0, _one_world(mail, client, address, kept.password, tag, say))
    lines = [replace(line, second=_outcome(run, say)) for line, run in told]
    _takes_over(say)
    verdict = verify()
    if not verdict.holds:
        raise ItFailed(f"the audit chain is broken at entry {verdict.broken_at}: {verdict.reason}")
    say(f"Audit log: {verdict.entries} entries hold.")
    return lines


def _learnt(world: World, runs: dict[UUID, TrainingRun], say: Say) -> None:
    """Wait for the world's first model, if it is asked for, and for its cutoffs."""
    run = runs.pop(Workflow.objects.values_list("pk", flat=True).get(slug=world.slug), None)
    if run is not None:
        _outcome(run, say)
    _until(lambda: _has_cutoffs(world), f"{world.name}: no cutoffs are in force")


def _worse_model(client: ApiClient, address: str, password: str, tag: str, say: Say) -> None:
    """Let the model that was made worse decide as a canary, until what people answer takes it back."""
    world = SpamMail()
    workflow = Workflow.objects.get(slug=world.slug)
    before = champion(workflow.id)
    if TrainingRun.objects.filter(workflow=workflow, because=WHY).exists():
        return  # told at an earlier start
    rules = {"reviews_required": 1, "known_answer_rate": 0.0}
    change_rules(workflow_id=workflow.pk, values=rules, actor=ACTOR, now=clock.now())
    worse = worse_challenger(say)
    truth: dict[str, str] = {}
    arrivals = islice(world.arrivals(), 1_000, None)  # the check's other mails are the first

    def submit() -> None:
        for example in islice(arrivals, AT_ONCE):
            answer = client.submit(world.slug, example, reference=f"{example.reference}/canary-{tag}")
            truth[answer["id"]] = example.truth

    submit()
    shadow(workflow.pk, now=clock.now(), settle=timedelta(0))
    if not has_scored(worse, AT_ONCE):
        raise ItFailed(f"{world.name}: {worse.name} has not scored in shadow")
    canary = begin_canary(worse, say)
    for _ in range(ROUNDS):
        submit()
        _answer_everything(world, address, password, truth)
        time.sleep(settings.UNDO_SECONDS + 1)  # until then an answer may be taken back
        watch(workflow.pk, now=clock.now(), settle=timedelta(0))  # nobody else writes mails
        canary.refresh_from_db()
        if canary.ended_at is not None:
            break
    if canary.end != CanaryEnd.ROLLED_BACK or champion(workflow.id) != before:
        raise ItFailed(f"{world.name}: {worse.name} was not taken back after {len(truth)} mails")
    found = f"{canary.verdict['wrong']:g} of {canary.verdict['labels']} audits were wrong"
    say(f"{world.name}: {worse.name} was rolled back; {found}")


def _answer_everything(world: World, address: str, password: str, truth: dict[str, str]) -> None:
    """Let three people answer truly whatever waits, second looks at what contradicts the model included."""
    known, usual = {**truth, **_truth_of_others(world)}, str(world.labels[0]["name"])
    for username in ("sam", "tess", "uma"):  # rita answers the other workflows meanwhile
        reviewer = Reviewer(address, username, password, lambda case_id: known.get(case_id, usual))
        while reviewer.work(workflow=world.slug, most=500):
            pass


def _takes_over(say: Say) -> None:
    """Let the newest model of mail be the champion, if the gate let it pass."""
    workflow = Workflow.objects.get(slug=SpamMail.slug)
    run = latest_runs(workflow.pk, limit=1)[0]
    if run.release is not None:
        take_over(run.release, say)


def _one_world(
    world: World, client: ApiClient, address: str, password: str, tag: str, say: Say
) -> tuple[Line, TrainingRun]:
    """Submit, review and ask for the next model; the line is complete once that run has ended."""
    workflow = Workflow.objects.get(slug=world.slug)
    first = champion(workflow.id)
    if first is None:
        raise ItFailed(f"{world.name}: there is no model")
    truth: dict[str, str] = {}
    answers = []
    arrivals = world.arrivals()
    for _ in range(SUBMITTED):
        example: Example = next(arrivals)
        answer = client.submit(world.slug, example, reference=f"{example.reference}/check-{tag}")
        truth[answer["id"]] = example.truth
        answers.append(answer)
    automatic = [a for a in answers if a["decision"]["route"] == "auto"]
    right = sum(a["answer"] == truth[a["id"]] for a in automatic)
    say(f"{world.name}: {SUBMITTED} cases submitted, {len(automatic)} decided at once")
    if len(automatic) == len(answers):
        raise ItFailed(f"{world.name}: nothing went to a person")
    if any(a["decision"]["release"] != first.name for a in automatic):
        raise ItFailed(f"{world.name}: a decision does not name the release that made it")
    if len(answers) != Decision.objects.filter(case_id__in=truth, epoch=1, sequence=0).count():
        raise ItFailed(f"{world.name}: cases and decisions do not match")
    reviewed = _review(world, address, password, truth)
    say(f"{world.name}: {reviewed} cases answered at the desk")
    _until(lambda: active_run(workflow.id) is None, f"{world.name}: an earlier training run does not end")
    run = request_training(workflow_id=workflow.id, trigger=Trigger.HAND, actor=ACTOR, now=clock.now())
    to_people = len(answers) - len(automatic)
    return Line(world.name, len(automatic), to_people, reviewed, right, first.name, second=""), run


def _review(world: World, address: str, password: str, truth: dict[str, str]) -> int:
    known = {**truth, **_truth_of_others(world)}
    workflow_id = Workflow.objects.values_list("pk", flat=True).get(slug=world.slug)
    one = {"reviews_required": 1, "known_answer_rate": 0.0}  # rita is alone here
    change_rules(workflow_id=workflow_id, values=one, actor=ACTOR, now=clock.now())
    reviewer = Reviewer(address, "rita", password, lambda case_id: known[case_id])
    theirs = Review.objects.filter(reviewer__username=reviewer.username, case__workflow_id=workflow_id)
    before = list(theirs.values_list("pk", flat=True))
    answered = reviewer.work(workflow=world.slug, most=REVIEWED)
    fresh = list(theirs.exclude(pk__in=before).select_related("case", "task__workflow__review_rules"))
    if not answered or len(fresh) != answered:
        raise ItFailed(f"{world.name}: of {answered} answers at the desk {len(fresh)} were recorded")
    if wrong := list(wrong_outcomes(fresh)):
        raise ItFailed(f"{world.name}: {'; '.join(wrong)}")
    return answered


def _truth_of_others(world: World) -> dict[str, str]:
    """Cases of an earlier start that people are asked about; their references name them in the world."""
    asked = Case.objects.filter(workflow__slug=world.slug, tasks__status__in=OPEN).distinct()
    wanted: dict[str, str] = {
        str(pk): (name or "").split("/")[0] for pk, name in asked.values_list("id", "reference")
    }
    found: dict[str, str] = {}
    if set(wanted) and (missing := set(wanted.values())):
        for _, example in zip(range(20_000), world.arrivals(), strict=False):
            if example.reference in missing:
                found[example.reference] = example.truth
                if len(found) == len(missing):
                    break
    default = str(world.labels[0]["name"])
    return {case_id: found.get(name, default) for case_id, name in wanted.items()}


def _outcome(run: TrainingRun, say: Say) -> str:
    """Wait for a run; the name of its release. A model that the gate refuses is an outcome too."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (run := TrainingRun.objects.select_related("workflow", "release").get(pk=run.pk)).is_active:
        if time.monotonic() > end:
            raise ItFailed(f"{run.workflow.name}: training takes more than {PATIENCE_SECONDS} s")
        time.sleep(0.3)
    if run.status == RunStatus.REFUSED:
        say(f"{run.workflow.name}: the gate refused the new model. {run.reason}")
        return "refused"
    if run.status != RunStatus.SUCCEEDED or run.release is None:
        raise ItFailed(f"{run.workflow.name}: training {run.status}: {run.reason}")
    say(f"{run.workflow.name}: model {run.release.name} ({run.release.report['chosen']})")
    return run.release.name


def _has_cutoffs(world: World) -> bool:
    return CutoffSet.objects.filter(
        workflow__slug=world.slug, in_force_from__isnull=False, in_force_until=None
    ).exists()


def _until(condition: Callable[[], bool], failure: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise ItFailed(failure)
        time.sleep(0.3)
