"""`one_task_per_slot` begins with the case: a second index of it alone is only written, never needed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_one_index_that_begins_with_the_workflow"),
        ("reviews", "0003_vacuum_the_queue_often"),
    ]

    operations = [
        migrations.AlterField(
            model_name="task",
            name="case",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tasks",
                to="cases.case",
            ),
        ),
    ]
