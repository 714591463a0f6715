import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Let an operator say what the gate asks of slices, and which fields may give the answer."""

    dependencies = [
        ("models_store", "0005_precedents"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingplan",
            name="most_wrong_in_a_slice",
            field=models.FloatField(
                "Most wrong answers in any slice, %",
                blank=True,
                help_text="Refuse a model that is surely wrong more often among cases of one kind. Empty: no limit.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddField(
            model_name="trainingplan",
            name="trusted_fields",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="Names, separated by commas. A field from which alone every label follows is refused otherwise: most are filled in after the decision.",
                size=None,
                verbose_name="Fields that may give the answer",
            ),
        ),
    ]
