import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Keep which file answers what labelled cases a release finds most alike."""

    dependencies = [
        ("models_store", "0004_what_tunes_a_held_out_certificate"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrecedentIndex",
            fields=[
                (
                    "release",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="precedent_index",
                        serialize=False,
                        to="models_store.release",
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("size_bytes", models.IntegerField()),
                ("signature", models.BinaryField(max_length=32)),
                ("n_cases", models.IntegerField()),
                ("made_at", models.DateTimeField()),
            ],
            options={"verbose_name_plural": "precedent indexes"},
        ),
    ]
