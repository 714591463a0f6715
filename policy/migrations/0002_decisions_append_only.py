from django.db import migrations


class Migration(migrations.Migration):
    """A decision is never changed or removed; what comes later is a row of its own."""

    dependencies = [("policy", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER policy_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_decision"
            " FOR EACH STATEMENT EXECUTE FUNCTION hitl_append_only();",
            "DROP TRIGGER policy_decision_append_only ON policy_decision;",
        )
    ]
