"""The jobs that beat starts, and how often. Each finds its work in rows: a lost message costs one period."""

SCHEDULE = {
    "give back ended leases": ("reviews.reap_leases", 15.0),
    "deliver webhooks": ("hitl.outbox.relay", 10.0),
    "resume batches": ("hitl.flow.sweep_batches", 30.0),
    "keep the queue honest": ("hitl.flow.sweep_queue", 60.0),
    "resume voidings": ("hitl.flow.sweep_voidings", 60.0),
    "resume training": ("models_store.sweep_runs", 30.0),
    "train where it is due": ("models_store.request_due", 300.0),
    "certify what nobody tested": ("policy.sweep_certificates", 120.0),
    "take in live evidence": ("monitoring.watch", 30.0),
    "score in shadow": ("monitoring.shadow", 30.0),
    "keep the months of shadow scores": ("monitoring.keep_score_months", 86_400.0),
    "count and digest decisions": ("monitoring.every_minute", 60.0),
    "sign the audit chain": ("monitoring.sign_checkpoint", 3600.0),
}
