"""`case_of_workflow` begins with the workflow: a second index of it alone is only written, never needed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_intake_batches")]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="workflow",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="cases.workflow",
            ),
        ),
    ]
