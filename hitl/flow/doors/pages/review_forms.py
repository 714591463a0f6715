"""The form of a workflow's review rules: it reads the input; the service checks it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy, pgettext

from hitl.shared.errors import Invalid, beside_its_field
from policy.web.forms import PercentField
from reviews.lease_length import MAX_SECONDS, MIN_SECONDS
from reviews.models import Team
from reviews.services.rules import usual_rule
from reviews.types import OrderKind, SkipReason, SkipRule, SlaAction

_CODE_PARTS = 4
_SKIP = "skip_"


class ReviewRulesForm(forms.Form):
    """All rules, grouped as on the page."""

    reviews_required = forms.IntegerField(
        label=gettext_lazy("Blind answers per case"), min_value=1, max_value=9
    )
    due_hours = forms.FloatField(label=gettext_lazy("Due after, hours"))
    sla_action = forms.ChoiceField(label=gettext_lazy("When a case is overdue"), choices=SlaAction.choices)
    default_label = forms.ChoiceField(
        label=gettext_lazy("Default label"),
        required=False,
        help_text=gettext_lazy("Only for the rule that overdue cases get it."),
    )
    order = forms.ChoiceField(label=gettext_lazy("What goes first"), choices=OrderKind.choices)
    value_hours = forms.FloatField(
        label=gettext_lazy("Uncertain, costly cases move up by, hours"),
        min_value=0,
        help_text=gettext_lazy(
            "For cases the model is unsure of, where a mistake costs much. 0: they keep their place."
        ),
    )
    team = forms.ModelChoiceField(
        Team.objects.all(),
        label=gettext_lazy("Team"),
        to_field_name="name",
        required=False,
        empty_label=gettext_lazy("Everybody"),
    )
    skills = forms.CharField(
        label=gettext_lazy("Skills"),
        required=False,
        help_text=gettext_lazy("Only people who have all of them are offered its cases. Separate by commas."),
    )
    lease_seconds = forms.IntegerField(
        label=gettext_lazy("Keep an open case for, seconds"), min_value=MIN_SECONDS, max_value=MAX_SECONDS
    )
    hold_cap = forms.IntegerField(label=gettext_lazy("Cases one person may hold"), min_value=0, max_value=100)
    hold_max_hours = forms.FloatField(label=gettext_lazy("Hold a case for at most, hours"))
    on_demand = forms.BooleanField(
        label=gettext_lazy("Show the suggestion only when the reviewer asks for it"), required=False
    )
    decide_first_share = PercentField(label=gettext_lazy("Answer first, then see the suggestion, %"))
    second_read_share = PercentField(label=gettext_lazy("Agreeing audits read by a second person, %"))
    known_answer_rate = PercentField(
        label=gettext_lazy("Known-answer cases per blind case, %"),
        help_text=gettext_lazy("0 to 50. Cases whose answer is known check reviewers."),
    )
    reason_codes = forms.CharField(
        label=gettext_lazy("Reason codes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line: label | code | words | required. Leave out “required” if it is optional."
        ),
    )

    ready_notes = forms.CharField(
        label=gettext_lazy("Ready notes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One a line. Reviewers put them into a comment with a click or a key."),
    )

    ASKED = ("reviews_required", "due_hours", "sla_action", "default_label")
    ROUTED = ("team", "skills", "order", "value_hours")
    HELD = ("lease_seconds", "hold_cap", "hold_max_hours")
    SHOWN = ("decide_first_share", "second_read_share", "known_answer_rate")

    def __init__(self, data: Any, *, rules: Mapping[str, Any], labels: Sequence[str]) -> None:
        typed = {"skills": ", ".join(rules["skills"]), "reason_codes": _lines(rules["reason_codes"])}
        typed["ready_notes"] = "\n".join(rules["ready_notes"])
        skips = {
            f"{_SKIP}{reason}": rules["skip_rules"].get(reason, usual_rule(reason))
            for reason in SkipReason.values
        }
        super().__init__(data, initial={**rules, **typed, **skips})
        choices = [("", pgettext("label", "none")), *((label, label) for label in labels)]
        self.fields["default_label"].choices = choices  # type: ignore[attr-defined]
        for reason, words in SkipReason.choices:
            self.fields[f"{_SKIP}{reason}"] = forms.ChoiceField(label=words, choices=SkipRule.choices)

    def asked(self) -> list[forms.BoundField]:
        """Who is to answer until when."""
        return [self[name] for name in self.ASKED]

    def routed(self) -> list[forms.BoundField]:
        """Who is offered which cases, in which order."""
        return [self[name] for name in self.ROUTED]

    def kept(self) -> list[forms.BoundField]:
        """How long a person may keep or hold a case."""
        return [self[name] for name in self.HELD]

    def shares(self) -> list[forms.BoundField]:
        """What is drawn by chance."""
        return [self[name] for name in self.SHOWN]

    def skips(self) -> list[forms.BoundField]:
        """What becomes of a skipped case, by the reason."""
        return [self[f"{_SKIP}{reason}"] for reason in SkipReason.values]

    def clean_reason_codes(self) -> dict[str, list[dict[str, Any]]]:
        """Read the lines."""
        found: dict[str, list[dict[str, Any]]] = {}
        for number, line in enumerate(self.cleaned_data["reason_codes"].splitlines(), 1):
            parts = [part.strip() for part in line.split("|")]
            if not any(parts):
                continue
            if len(parts) not in (3, _CODE_PARTS) or parts[3:] not in ([], ["required"]):
                no_line = gettext("Line %(number)s is not: label | code | words | required.")
                raise forms.ValidationError(no_line % {"number": number})
            label, code, words = parts[:3]
            found.setdefault(label, []).append({"code": code, "words": words, "required": len(parts) > 3})
        return found

    def clean_ready_notes(self) -> list[str]:
        """Read the lines."""
        lines = (line.strip() for line in self.cleaned_data["ready_notes"].splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def values(self) -> dict[str, Any]:
        """Return the rules as the service takes them."""
        said = dict(self.cleaned_data)
        skips = {name.removeprefix(_SKIP): said.pop(name) for name in list(said) if name.startswith(_SKIP)}
        said["skip_rules"] = {reason: rule for reason, rule in skips.items() if rule != usual_rule(reason)}
        said["skills"] = [skill.strip() for skill in said["skills"].split(",") if skill.strip()]
        said["team"] = said["team"].name if said["team"] else None
        return said

    def refuse(self, refused: Invalid) -> None:
        """Show the service's objections at the field that they are about."""
        for problem in refused.facts["errors"]:
            name = problem["field"].split(".")[1] if "." in problem["field"] else problem["field"]
            words = beside_its_field(problem)
            self.add_error(name if name in self.fields else None, words)


def _lines(codes: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    return "\n".join(
        " | ".join([label, code["code"], code.get("words", ""), *(["required"] * bool(code.get("required")))])
        for label, listed in codes.items()
        for code in listed
    )
