from django.db import migrations


class Migration(migrations.Migration):
    """Shadow scores grow with traffic times candidates: a month is dropped at once, never row by row."""

    dependencies = [("models_store", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE models_store_shadowscore (
                release_id uuid NOT NULL,
                case_id uuid NOT NULL,
                routed_at timestamptz NOT NULL,
                predicted varchar(100),
                score double precision,
                proba double precision[],
                unscored varchar(12) NOT NULL DEFAULT '',
                scored_at timestamptz NOT NULL,
                PRIMARY KEY (release_id, case_id, routed_at),
                CONSTRAINT shadow_score_or_why_not CHECK (
                    (unscored = '') = (predicted IS NOT NULL AND score IS NOT NULL)),
                CONSTRAINT shadow_score_in_range CHECK (score IS NULL OR score BETWEEN 0 AND 1)
            ) PARTITION BY RANGE (routed_at);
            CREATE INDEX shadow_score_in_order
                ON models_store_shadowscore (release_id, routed_at, case_id);
            """,
            "DROP TABLE models_store_shadowscore;",
        )
    ]
