"""Forms of the model pages."""

from typing import Any

from django import forms

from models_store.models import TrainingSettings


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """When a workflow trains by itself."""

    class Meta:
        model = TrainingSettings
        fields = (
            "is_automatic",
            "min_new_labels",
            "every_hours",
            "challengers_wait",
            "shadow_share",
            "disagreements_a_day",
            "most_wrong_in_a_slice",
            "trusted_fields",
            "unread_words",
        )

    def wanted(self) -> dict[str, Any]:
        """Return what was chosen, for the service."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
