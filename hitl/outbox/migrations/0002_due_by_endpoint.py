from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="delivery_due"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                name="delivery_due", fields=["endpoint", "due_at"], condition=models.Q(("status", "due"))
            ),
        ),
    ]
