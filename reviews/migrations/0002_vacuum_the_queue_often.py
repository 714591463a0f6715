"""A queue leaves dead entries at the head of its index; cleaned early, a claim never walks over many."""

from django.db import migrations

OFTEN = (
    "ALTER TABLE reviews_task SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_threshold = 500)"
)
DEFAULT = "ALTER TABLE reviews_task RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]

    operations = [migrations.RunSQL(OFTEN, DEFAULT)]
