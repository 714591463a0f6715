from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="watermark",
            name="stream",
            field=models.CharField(max_length=80, primary_key=True, serialize=False),
        ),
    ]
