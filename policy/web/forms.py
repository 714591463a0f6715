"""Forms of the automation page: they read the input; the services check it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words
from policy.models import Policy
from policy.services.promises import Promise
from policy.types import LossKind, PeriodLength, Scope


class PercentField(forms.FloatField):
    """A share, shown and typed as a percentage."""

    def prepare_value(self, value: Any) -> Any:
        """Show 0.01 as 1."""
        return f"{100 * value:.6g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> float | None:
        """Read 1 as 0.01; NaN and infinity are not numbers here."""
        number: float | None = super().clean(value)
        if number is None:
            return None
        if not math.isfinite(number):
            raise forms.ValidationError(gettext("Enter a number."))
        return round(number / 100, 10)


class PromiseForm(forms.Form):
    """What the operator promises."""

    target = PercentField(
        label=gettext_lazy("At most this many wrong, %"),
        help_text=gettext_lazy("Of the automatic decisions. 1 means one in a hundred."),
    )
    confidence = PercentField(
        label=gettext_lazy("Confidence, %"),
        help_text=gettext_lazy("How sure the evidence must be. 95 is usual."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Covers"),
        choices=Scope.choices,
        help_text=gettext_lazy("For each label: each is proved, and can be switched off, by itself."),
    )
    audit_base = PercentField(
        label=gettext_lazy("Audited normally, %"),
        help_text=gettext_lazy("Share of automatic decisions that a person answers again, blind."),
    )
    audit_amber = PercentField(
        label=gettext_lazy("Audited when in doubt, %"),
        help_text=gettext_lazy("When audits begin to speak against the promise."),
    )
    budget_period = forms.ChoiceField(
        label=gettext_lazy("The error budget lasts"),
        choices=PeriodLength.choices,
        required=False,
        initial=PeriodLength.QUARTER,
        help_text=gettext_lazy("A longer period takes fewer audits. A change holds from the next period on."),
    )
    audits_for_budget = forms.BooleanField(
        label=gettext_lazy("Audit as often as it takes to prove the budget kept"),
        required=False,
        help_text=gettext_lazy("Up to the share audited when in doubt."),
    )
    blind_share = PercentField(
        label=gettext_lazy("Answered blind, at least, %"),
        help_text=gettext_lazy("Share of reviewed cases shown without anything of the model."),
    )
    loss = forms.ChoiceField(
        label=gettext_lazy("How mistakes count"),
        choices=LossKind.choices,
        required=False,
        initial=LossKind.ERRORS,
    )
    corrects_misses = forms.BooleanField(
        label=gettext_lazy("Allow for what reviewers miss"),
        required=False,
        help_text=gettext_lazy(
            "Known-answer cases show how many mistakes reviewers overlook. The proof allows for them."
        ),
    )
    follows_certificates = forms.BooleanField(
        label=gettext_lazy("Use the cutoffs of a new certificate at once"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, PercentField):
                field.widget.attrs.update(step="any", inputmode="decimal")

    @classmethod
    def of(cls, policy: Policy) -> "PromiseForm":
        """Return the form filled with what is promised now."""
        return cls(initial={name: getattr(policy, name) for name in cls.base_fields})

    def promise(self) -> Promise:
        """Return what was typed, once the form is valid."""
        given = dict(self.cleaned_data)
        del given["follows_certificates"]
        given["loss"] = given["loss"] or LossKind.ERRORS
        given["budget_period"] = given["budget_period"] or PeriodLength.QUARTER
        return Promise(**given)


def read_cutoffs(data: Mapping[str, str], *, labels: Sequence[str], scope: str) -> dict[str, float]:
    """Read the cutoffs that were typed or slid to: one for all labels, or one for each that is automated.

    Raises:
        Invalid: something is no number; the field is named.
    """
    if scope == Scope.OVERALL:
        return dict.fromkeys(labels, _number(data.get("cutoff", ""), "cutoff"))
    return {
        label: _number(data.get(f"cutoff-{column}", ""), f"cutoff of {label}")
        for column, label in enumerate(labels)
        if data.get(f"never-{column}") != "on"
    }


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        error = Problem(
            field=field,
            error=Words("is %(value)s, which is no number", value=repr(text[:40])),
            fix="Give a number from 0 to 1.",
        )
        raise Invalid([error]) from None
