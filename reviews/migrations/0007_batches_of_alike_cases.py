"""Batches of alike cases that somebody opened."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hitl.shared.ids


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_voidings"),
        ("models_store", "0006_what_the_gate_asks"),
        ("reviews", "0006_holds_lookahead_modes_and_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=hitl.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("suggestion", models.CharField(max_length=100)),
                (
                    "task_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        help_text="In random order: those that are read come first.",
                        size=None,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "being read"),
                            ("accepted", "accepted"),
                            ("dissolved", "dissolved: an answer was another than the suggestion"),
                            ("left", "left"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "release",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="models_store.release",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.workflow",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["workflow", "expires_at"],
                        name="review_batch_open",
                    )
                ],
            },
        ),
    ]
