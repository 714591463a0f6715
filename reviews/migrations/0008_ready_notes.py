"""Comments that reviewers often write."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0007_batches_of_alike_cases"),
    ]

    operations = [
        migrations.AddField(
            model_name="reviewrules",
            name="ready_notes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=300),
                blank=True,
                db_default=[],
                default=list,
                help_text="Words that reviewers often write as a comment, to be put in by a key.",
                size=None,
            ),
        ),
    ]
