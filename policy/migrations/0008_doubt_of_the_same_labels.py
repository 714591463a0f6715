from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policy", "0007_answers_by_default"),
    ]

    operations = [
        migrations.AlterField(
            model_name="policy",
            name="doubt",
            field=models.CharField(
                choices=[
                    ("certificate", "the certificates made from the same labels"),
                    ("lifetime", "all certificates the workflow will ever have, together"),
                ],
                default="certificate",
                max_length=12,
            ),
        ),
    ]
