from pathlib import Path

from django.db import migrations

FORTH, BACK = Path(__file__).with_suffix(".sql").read_text().split("-- reverse\n")


class Migration(migrations.Migration):
    """Shadow scores grow with traffic times candidates: a month is dropped at once, never row by row."""

    dependencies = [("models_store", "0001_initial")]
    operations = [migrations.RunSQL(FORTH, BACK)]
