from django.db import migrations, models


class Migration(migrations.Migration):
    """Why a source gave no answer is kept with its values, so that a page can say it in any language."""

    dependencies = [
        ("models_store", "0004_cascades"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="trouble_said",
            field=models.JSONField(
                default=dict, help_text="The same with its values, to be said in any language."
            ),
        ),
    ]
