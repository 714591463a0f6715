from django.db import migrations, models


class Migration(migrations.Migration):
    """A source may be a file that workers run: its hash, its size and its signature."""

    dependencies = [
        ("models_store", "0002_shadow_scores_by_month"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="file_bytes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="file_sha256",
            field=models.CharField(blank=True, help_text="Of the ONNX file that workers run.", max_length=64),
        ),
        migrations.AddField(
            model_name="source",
            name="file_signature",
            field=models.BinaryField(help_text="That it was uploaded here.", null=True),
        ),
        migrations.AlterField(
            model_name="source",
            name="door",
            field=models.CharField(
                choices=[
                    ("score_in", "sent with each case"),
                    ("oip", "asked for by Open Inference Protocol v2"),
                    ("mlflow", "asked for at MLflow's /invocations"),
                    ("template", "asked for by a JSON template"),
                    ("chat", "asked for at OpenAI-compatible chat completions"),
                    ("onnx", "by an ONNX file that workers run"),
                ],
                max_length=12,
            ),
        ),
    ]
