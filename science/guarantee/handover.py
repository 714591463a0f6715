"""Handover: a challenger inherits its champion's evidence where both decide alike, and pays where not.

Let D be the cases that the challenger would decide and the champion would not, or otherwise. On the same
traffic every wrong decision of the challenger is one of the champion's, or lies in D, whatever it was
trained on (ADR 0045). So per case of traffic, with r the champion's wrong decisions, y = [in D and wrong] and
n = [the challenger would decide it],

    risk of the challenger > target   implies   E[y] > target E[n] - r.

**Two games for each s in (0, target].** With bets b in (0, 1] that are the same for all s:

- champion, against "r >= s", over all cases since its window began: ``1 - b (u - s')``, where u is the loss
  of an audited case times floor / pi and 0 for all others, ``s' = floor (1 - m) s``;
- challenger, against "E[y] >= target E[n] - s", over all cases since its freeze, each case of D labelled
  blind: ``1 + b ((1 - m) (target n - s) - y)``. The smallest is ``1 - b (1 - (1 - m) (target - s)) > 0``, so
  b may be as large as 1 for every s up to the target.

m bounds how many errors reviewers miss: what is seen of an error rate is at least 1 - m of it (`misses`).

**One e-value, without a grid that has to be declared.** Both games have constant bets, so the champion's
wealth e_c(s) grows with s and the challenger's e_D(s) falls. Let r be the champion's true risk and the
challenger's above the target. Then e_c(r) and e_D(r) are both fair games, and for every s

    min(w e_c(s), (1 - w) e_D(s)) <= w e_c(r) if s <= r,   <= (1 - w) e_D(r) if s >= r,

so ``e = max over s of min(w e_c(s), (1 - w) e_D(s)) <= w e_c(r) + (1 - w) e_D(r)`` has a mean of at most 1 at
any stopping time: s may be chosen last, with all evidence in sight. Both wealths are those of now: a peak
that the champion reached before it drifted is worth nothing. What the choice of s costs is w. A mean over a
declared grid is valid as well, but costs up to the log of its number of points, and is no e-value if the grid
was chosen by looking at the champion's evidence, which exists when the challenger is frozen.

Nothing is handed over while the champion's errors come late, whatever the evidence (`handover_champion`).

Assumes that the champion errs alike over both windows; that its window began at a moment chosen without
looking at this evidence (its own freeze, or a date of the calendar: the last 90 days counted back from a
moment that somebody chose are the best of many); that it did not inherit its own standing from a bound that
is used here again; cases independent, or clusters as in `clustered`: draws of a cluster make one bet in a
block, and a cluster that was met in D can later only take.

Source: the union of two e-processes over a nuisance parameter as in universal inference by Wasserman, Ramdas
and Balakrishnan (2020), section 6, and Ramdas, Grunwald, Vovk and Shafer (2023), section 3.3 (a composite
null is tested by the smallest e-value over its parts); bets as in `betting`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from science.guarantee.handover_challenger import ChallengerEvidence, Traffic
from science.guarantee.handover_champion import ChampionEvidence
from science.guarantee.handover_plan import POINTS, HandedOver, HandoverPlan, NoSlack, NotYet
from science.guarantee.ranges import check_next

WEIGHT = 0.7  # of the champion's wealth: its evidence is scarce, the challenger's grows with every case


@dataclass(slots=True)
class Handover:
    """The evidence of one handover.

    Attributes:
        plan: what must be proved.
        champion: its audits, from its window's begin on.
        challenger: its cases, since its freeze.
        handed_over: what was proved at the first look at which it sufficed; None before.

    >>> rng = np.random.default_rng(0)
    >>> h = Handover(HandoverPlan(target=0.01, delta=0.05, pi_floor=0.02, coverage=0.7, differs=0.01))
    >>> h.inherit(200_000, (rng.random(2800) < 0.003).astype(float), np.full(2800, 0.02))
    >>> h.verdict().status
    'not_yet'
    >>> decides = rng.random(4000) < 0.7
    >>> h.add_block(decides, decides & (rng.random(4000) < 0.01), np.zeros(4000), np.zeros(0), np.zeros(0))
    >>> h.verdict().status
    'handed_over'
    """

    plan: HandoverPlan
    champion: ChampionEvidence = field(init=False, repr=False)
    challenger: ChallengerEvidence = field(init=False)
    handed_over: HandedOver | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.champion, self.challenger = ChampionEvidence(self.plan), ChallengerEvidence(self.plan)

    def inherit(self, cases: int, losses: np.ndarray, pi: np.ndarray) -> None:
        """Take in what is known of the champion from before the challenger's freeze; once.

        Args:
            cases: all cases of traffic in the champion's window, audited or not, decided or not.
            losses, pi: of its audited decisions, in their order, shape (n_audits,); one without an answer
                counts as 1.

        Raises:
            ValueError: something is missing or out of range, something was inherited already, or the
                challenger's cases have begun.
        """
        if self.challenger.cases:
            raise ValueError("What the champion proved before the freeze comes before what came after it.")
        if self.champion.cases:
            raise ValueError("The champion's evidence is inherited once: twice it would count double.")
        self.champion.take(cases, *self.champion.checked(cases, losses, pi))

    def add_block(
        self,
        decides: np.ndarray,
        differs: np.ndarray,
        wrong: np.ndarray,
        champion_losses: np.ndarray,
        champion_pi: np.ndarray,
        clusters: Sequence[Hashable] | np.ndarray | None = None,
        *,
        before: int | None = None,
    ) -> None:
        """Take in a closed block of traffic since the freeze, every case in order, and look; all or none.

        Args:
            decides: whether the challenger would decide each case, shape (n_cases,).
            differs: whether the case is in D, shape (n_cases,).
            wrong: blind losses of the challenger in [0, 1], shape (n_cases,); read where `differs` only. A
                case of D without an answer counts as 1.
            champion_losses, champion_pi: of the champion's audited decisions in the block, shape (n_audits,):
                all of them, and each of its decisions must have had a chance of at least the floor.
            clusters: of each case, strings or integers, shape (n_cases,); None says that nothing is related.
            before: cases since the freeze that came before the block. A block taken in twice, or into a state
                that was restored too old, is refused then; evidence that counts double proves nothing.

        Raises:
            ValueError: something is missing or out of range, or the block is not the next one.
        """
        check_next(before, self.challenger.cases)
        block = Traffic.checked(decides, differs, wrong, clusters)
        audits = self.champion.checked(block.decides.size, champion_losses, champion_pi)
        self.champion.take(block.decides.size, *audits)
        self.challenger.take(block)
        self._look()

    def log_wealth(self) -> tuple[np.ndarray, np.ndarray]:
        """Logs of e_c(s) and e_D(s), shape (100,) each, at s = 1 ... 100 % of the target."""
        return self.champion.log_wealth(), self.challenger.log_wealth()

    def log_e(self) -> float:
        """Log of the evidence now."""
        return _evidence(*self.log_wealth())[0]

    def verdict(self) -> HandedOver | NotYet | NoSlack:
        """Say where things stand; may be asked after every block. Once handed over it stays so."""
        if self.handed_over:
            return self.handed_over
        now = (_exp(self.log_e()), self.challenger.cases, self.challenger.labels)
        if self.champion.is_drifting:
            return NotYet(*now, None, None, drifting=True)
        if not self.champion.cases:
            return NotYet(*now, None, None)
        share, differs = self.challenger.believed_shares()
        if self._expected(is_right=True) is None:
            return NoSlack(*now, self.champion.risk, self.plan.target * share)
        more = self._expected()
        return NotYet(*now, more, None if more is None else int(np.ceil(more * differs)))

    def to_json(self) -> dict[str, Any]:
        """State as plain values; the plan is stored apart."""
        passed = asdict(self.handed_over) if self.handed_over else None
        return self.champion.to_json() | self.challenger.to_json() | {"passed": passed}

    @classmethod
    def from_json(cls, plan: HandoverPlan, state: dict[str, Any]) -> "Handover":
        """The evidence that `to_json` described."""
        restored = cls(plan)
        restored.champion = ChampionEvidence.from_json(plan, state)
        restored.challenger = ChallengerEvidence.from_json(plan, state)
        restored.handed_over = HandedOver(**state["passed"]) if state["passed"] else None
        return restored

    def _look(self) -> None:
        if self.handed_over:
            return
        log_e, at = _evidence(*self.log_wealth())
        if log_e >= -np.log(self.plan.delta) and not self.champion.is_drifting:
            bound = float(self.plan.target * POINTS[at])
            now = (self.challenger.cases, self.challenger.labels)
            self.handed_over = HandedOver(_exp(log_e), bound, *now)

    def _expected(self, *, is_right: bool = False) -> int | None:
        """Cases until the evidence suffices if all goes on so; None if not within the horizon."""
        more = np.geomspace(10, max(self.plan.horizon, 10), 60)
        both = _weighted(self.champion.expected(more), self.challenger.expected(more, is_right=is_right))
        enough = more[both.max(axis=1) >= -np.log(self.plan.delta)]
        return int(np.ceil(enough[0])) if enough.size else None


def _weighted(champion: np.ndarray, challenger: np.ndarray) -> np.ndarray:
    return np.asarray(np.minimum(champion + np.log(WEIGHT), challenger + np.log1p(-WEIGHT)))


def _evidence(champion: np.ndarray, challenger: np.ndarray) -> tuple[float, int]:
    """Log of the e-value, and where on the points it is."""
    both = _weighted(champion, challenger)
    at = int(np.argmax(both))
    return float(both[at]), at


def _exp(log_e: float) -> float:
    return float(np.exp(min(log_e, 700.0)))  # what is more is as good
