from pathlib import Path

from django.db import migrations

FORTH, BACK = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    """Counts grow with hours times fields times models: a month is dropped at once, never row by row."""

    dependencies = [
        ("models_store", "0002_shadow_scores_by_month"),  # its functions make months
        ("monitoring", "0002_closed_budgets_stay"),
    ]
    operations = [migrations.RunSQL(FORTH, BACK)]
