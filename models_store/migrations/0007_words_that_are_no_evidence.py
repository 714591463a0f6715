"""Words that the next model does not read."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("models_store", "0006_what_the_gate_asks"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingplan",
            name="unread_words",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=100),
                blank=True,
                db_default=[],
                default=list,
                help_text="Separated by commas. The next model does not read them: names, signatures, what reviewers call misleading.",
                size=None,
                verbose_name="Words that are no evidence",
            ),
        ),
    ]
