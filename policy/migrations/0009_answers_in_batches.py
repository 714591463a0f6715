"""A decision may be that of a batch, which nobody has read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0008_doubt_of_the_same_labels"),
    ]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="reason",
            field=models.CharField(
                choices=[
                    ("above_cutoff", "above cutoff"),
                    ("below_cutoff", "below cutoff"),
                    ("no_cutoff", "no cutoff"),
                    ("label_not_automated", "label not automated"),
                    ("unknown_label", "unknown label"),
                    ("ramp", "ramp"),
                    ("bad_score", "bad score"),
                    ("no_score", "no score"),
                    ("unfit_input", "unfit input"),
                    ("breaker", "breaker"),
                    ("certificate_expired", "certificate expired"),
                    ("not_certified", "not certified"),
                    ("assist", "assist"),
                    ("schema_mismatch", "schema mismatch"),
                    ("no_model", "no model"),
                    ("shadow", "shadow"),
                    ("human_only", "human only"),
                    ("no_rule", "no rule"),
                    ("reviewed", "a person decided"),
                    ("batched", "a person accepted the suggestion unread, with others like it"),
                    ("amended", "a person changed the decision"),
                    ("undone", "a person took an answer back"),
                    ("withdrawn", "the submitter withdrew the case"),
                    ("defaulted", "nobody answered in time: the set label stands in"),
                ],
                max_length=24,
            ),
        ),
    ]
