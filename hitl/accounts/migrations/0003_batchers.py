"""A role for whoever may accept alike cases together."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_preferences"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="roles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("reviewer", "Reviewer: answers cases at the desk"),
                        ("adjudicator", "Adjudicator: settles answers that disagree"),
                        (
                            "batcher",
                            "Batcher: as a reviewer, accepts alike cases together after reading some",
                        ),
                        ("lead", "Lead: sees the queue, its reasons and who is on"),
                        ("operator", "Operator: cutoffs, releases, training, alarms"),
                        ("administrator", "Administrator: workflows, accounts and keys"),
                        ("auditor", "Auditor: reads everything, changes nothing"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                help_text="What this person may do.",
                size=None,
            ),
        ),
    ]
