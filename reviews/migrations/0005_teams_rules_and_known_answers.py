"""Teams, skills, known-answer cases, and the rules that say how they are used."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("cases", "0005_voidings"),
        ("models_store", "0001_initial"),
        ("reviews", "0004_one_index_that_begins_with_the_case"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GoldCase",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="known_answer",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("truth", models.CharField(max_length=100)),
                (
                    "predicted",
                    models.CharField(
                        help_text="What the model made of it, if anything.", max_length=100, null=True
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("marked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(help_text="Not asked any more since.", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PersonSkills",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="review_skills",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, size=None
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "skills of people",
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, size=None
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="decide_first_share",
            field=models.FloatField(
                default=0.0,
                help_text="Share of the cases with a suggestion that are answered once before it is shown.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="default_label",
            field=models.CharField(
                blank=True,
                help_text="With which an overdue case is answered, where that is the rule.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="gold_rate",
            field=models.FloatField(
                default=0.0,
                help_text="Known-answer cases per blind case.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(0.5),
                ],
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="gold_until",
            field=models.DateTimeField(
                editable=False,
                help_text="Known-answer cases stand among the blind cases until then.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="hold_cap",
            field=models.SmallIntegerField(
                default=10,
                help_text="How many cases one person may put aside.",
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="hold_max_hours",
            field=models.FloatField(
                default=72,
                validators=[
                    django.core.validators.MinValueValidator(0.01),
                    django.core.validators.MaxValueValidator(8760.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="on_demand",
            field=models.BooleanField(
                default=False, help_text="Show the suggestion only when the reviewer asks for it."
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="order",
            field=models.CharField(
                choices=[("due", "what is due first"), ("age", "what came in first")],
                default="due",
                help_text="After the priority, what goes first.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="order_version",
            field=models.IntegerField(default=1, editable=False, help_text="Rises with every change of it."),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="reason_codes",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="By label, the reasons to choose from: code, words, required.",
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="reread_share",
            field=models.FloatField(
                default=0.05,
                help_text="Share of the audits that agree with the model which a second person reads, blind.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(1.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="skills",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=50),
                blank=True,
                default=list,
                help_text="Only people with all of them are offered its cases.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="skip_rules",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="By reason to skip, what becomes of the case: me, others or drop.",
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="sla_action",
            field=models.CharField(
                choices=[
                    ("none", "nothing: it is shown as overdue"),
                    ("raise", "it goes before everything that is in time"),
                    ("escalate", "it goes to the adjudicators"),
                    ("default", "the case is answered with a set label, which proves nothing"),
                ],
                default="none",
                help_text="What is done about what is overdue.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="value_hours",
            field=models.FloatField(
                default=0.0,
                help_text="How many hours earlier a case goes whose answer is worth most: an unsure and dear one.",
                validators=[
                    django.core.validators.MinValueValidator(0.0),
                    django.core.validators.MaxValueValidator(8760.0),
                ],
            ),
        ),
        migrations.AddField(
            model_name="goldcase",
            name="marked_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="goldcase",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="known_answers", to="cases.workflow"
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="members",
            field=models.ManyToManyField(blank=True, related_name="teams", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="reviewrules",
            name="team",
            field=models.ForeignKey(
                blank=True,
                help_text="Only its members.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reviews.team",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrules",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decide_first_share__range", (0, 1)),
                    ("reread_share__range", (0, 1)),
                    ("gold_rate__range", (0, 0.5)),
                ),
                name="shares_of_reviews_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewrules",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sla_action", "default"), _negated=True),
                    models.Q(("default_label", ""), _negated=True),
                    _connector="OR",
                ),
                name="default_label_is_named",
            ),
        ),
    ]
