"""Tasks put aside, held ahead, passed up, answered before a suggestion is shown, and in their own order."""

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
        ("reviews", "0005_teams_rules_and_known_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="task",
            name="adjudications_have_their_lane",
        ),
        migrations.RemoveIndex(
            model_name="task",
            name="task_waiting",
        ),
        migrations.AddField(
            model_name="review",
            name="first_label",
            field=models.CharField(
                help_text="The answer before the suggestion was shown: it is blind.",
                max_length=100,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="flags",
            field=models.JSONField(default=list, help_text="Highlights that helped or misled."),
        ),
        migrations.AddField(
            model_name="review",
            name="marks",
            field=models.JSONField(
                default=list, help_text="Regions and time ranges that the reviewer marked."
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="reason_code",
            field=models.CharField(blank=True, db_default="", default="", max_length=50),
        ),
        migrations.AddField(
            model_name="task",
            name="ahead",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Held for the next page: its holder has not seen it yet.",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="escalated_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="escalated_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="escalation",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Why it was passed up.", max_length=500
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="first_label",
            field=models.CharField(
                help_text="What was answered before the suggestion was shown.", max_length=100, null=True
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="head_start",
            field=models.FloatField(
                db_default=0.0,
                default=0.0,
                help_text="Seconds it goes before its due time, by the workflow's order.",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="held_until",
            field=models.DateTimeField(
                help_text="Put aside by whoever it is leased to, until then.", null=True
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="overdue_at",
            field=models.DateTimeField(help_text="When it was dealt with as overdue.", null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="shelf",
            field=models.SmallIntegerField(
                help_text="Which of their places for cases put aside it takes: their number is the cap.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="mode",
            field=models.CharField(
                choices=[
                    ("blind", "blind: nothing of the model"),
                    ("decide_first", "answer first, then see the suggestion"),
                    ("on_demand", "the suggestion when asked for"),
                    ("assisted", "assisted: suggestion and evidence"),
                ],
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="mode",
            field=models.CharField(
                choices=[
                    ("blind", "blind: nothing of the model"),
                    ("decide_first", "answer first, then see the suggestion"),
                    ("on_demand", "the suggestion when asked for"),
                    ("assisted", "assisted: suggestion and evidence"),
                ],
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="reasons",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("uncertain", "the model is not sure enough"),
                        ("no_model", "there is no model"),
                        ("degree", "people decide everything here"),
                        ("audit", "audit of an automatic decision"),
                        ("second", "second review"),
                        ("disagreement", "answers disagree"),
                        ("gold", "known-answer case"),
                        ("appeal", "appeal"),
                        ("recalled", "recalled decision"),
                        ("breaker", "the breaker has tripped"),
                        ("unfit", "the model cannot read this case"),
                        ("undone", "an answer was taken back"),
                        ("escalated", "a reviewer passed it up"),
                        ("overdue", "its time to be answered has passed"),
                    ],
                    max_length=15,
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("leased", "with a reviewer"),
                    ("held", "put aside"),
                    ("done", "answered"),
                    ("dropped", "no longer needed"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="goes_at",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("due_at"),
                    models.F("head_start"),
                    arg_joiner=" AT TIME ZONE 'UTC') - make_interval(secs => ",
                    output_field=models.DateTimeField(),
                    template="((%(expressions)s)) AT TIME ZONE 'UTC'",
                ),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["workflow", "for_adjudicator", "-priority", "goes_at", "id"],
                name="task_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("overdue_at__isnull", True), ("status", "waiting")),
                fields=["workflow", "due_at"],
                name="task_due",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("status", "held")), fields=["held_until"], name="task_hold_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("for_adjudicator", True), ("purpose", "adjudication")),
                    models.Q(
                        models.Q(("purpose", "adjudication"), _negated=True), ("for_adjudicator", False)
                    ),
                    models.Q(("escalated_at__isnull", False), ("for_adjudicator", True)),
                    _connector="OR",
                ),
                name="adjudicators_lane_has_its_reasons",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("held_until__isnull", False),
                        ("leased_to__isnull", False),
                        ("shelf__isnull", False),
                        ("status", "held"),
                    ),
                    models.Q(
                        models.Q(("status", "held"), _negated=True),
                        ("held_until__isnull", True),
                        ("shelf__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="hold_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "held")),
                fields=("leased_to", "shelf"),
                name="one_task_per_shelf",
            ),
        ),
    ]
