import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep beside each judged label how it came about, and when a run's bell was rung."""

    dependencies = [
        ("models_store", "0002_evaluations_and_training_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="is_blind",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BooleanField(),
                default=list,
                help_text="Given without sight of a model's output.",
                size=None,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evaluation",
            name="purpose",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=15),
                default=list,
                help_text="Why the person was asked.",
                size=None,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="rung_at",
            field=models.DateTimeField(help_text="When a worker was last asked to take it.", null=True),
        ),
        migrations.AlterField(
            model_name="trainingplan",
            name="is_automatic",
            field=models.BooleanField(
                default=True,
                help_text="Else models are trained by hand only.",
                verbose_name="Train without being asked",
            ),
        ),
        migrations.AlterField(
            model_name="trainingplan",
            name="min_new_labels",
            field=models.IntegerField(
                default=200,
                help_text="Train as soon as so many have come in since the last run.",
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="New labels",
            ),
        ),
        migrations.AlterField(
            model_name="trainingplan",
            name="every_hours",
            field=models.FloatField(
                default=24,
                help_text="Train after so long if there is any new label at all.",
                validators=[django.core.validators.MinValueValidator(0.1)],
                verbose_name="Hours between runs",
            ),
        ),
        migrations.AlterField(
            model_name="trainingplan",
            name="challengers_wait",
            field=models.BooleanField(
                default=False,
                help_text="Else a model that passes the gate becomes the champion by itself.",
                verbose_name="New models wait for a person",
            ),
        ),
    ]
