from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0005_drawn_decisions_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="refuted",
            field=models.JSONField(
                default=list,
                help_text="[unit's label, cutoff] of each point that live audits have refuted since.",
            ),
        ),
    ]
