"""The jobs that beat starts, and how often. Each finds its work in rows: a lost message costs one period.

The row is the work, a message only the bell (ADR 0012).
"""

# A queue for each kind of work, and a worker for each queue: nothing that keeps automation safe ever waits
# behind a subscriber that does not answer, a training run or a file of a million rows (ADR 0050).
QUEUES = {
    "safety": "leases, the watch, breakers, certificates, digests: short, and late is dangerous",
    "webhooks": "the relay",
    "training": "training runs",
    "bulk": "batches, voidings, recalls, re-scoring, imports, purges, checks for drift, replays",
}
SHORT = {"safety", "webhooks"}

ROUTES = {
    "hitl.outbox.relay": "webhooks",
    "hitl.outbox.purge": "bulk",
    "hitl.flow.train": "training",
    "hitl.flow.take_in_batch": "bulk",
    "hitl.flow.take_in_file": "bulk",
    "hitl.flow.sweep_batches": "bulk",
    "hitl.flow.void_answers": "bulk",
    "hitl.flow.recall": "bulk",
    "hitl.flow.rescore_waiting": "bulk",
    "hitl.flow.fetch_scores": "bulk",
    "hitl.flow.sweep_voidings": "bulk",
    "hitl.flow.withdraw_skipped": "bulk",
    "hitl.flow.erase_withdrawn_files": "bulk",
    "reviews.rank_again": "bulk",
    "policy.certify_release": "bulk",
    "monitoring.check_drift": "bulk",
    "monitoring.replay": "bulk",
    "monitoring.read_figures": "bulk",
    "monitoring.study_data": "bulk",
    "monitoring.play_drill": "bulk",
    "monitoring.examine": "bulk",
}
"""The queue of each job that is not in `safety`."""

SCHEDULE = {
    "give back ended leases": ("reviews.reap_leases", 15.0),
    "purge old events": ("hitl.outbox.purge", 3600.0),
    "erase files of withdrawn cases": ("hitl.flow.erase_withdrawn_files", 86_400.0),
    "deliver webhooks": ("hitl.outbox.relay", 10.0),
    "resume batches": ("hitl.flow.sweep_batches", 30.0),
    "look again at what waits": ("hitl.flow.sweep_backlogs", 10.0),
    "ask models elsewhere": ("hitl.flow.sweep_scores", 2.0),
    "go on with recalls": ("hitl.flow.sweep_recalls", 60.0),
    "keep the queue honest": ("hitl.flow.sweep_queue", 60.0),
    "resume voidings": ("hitl.flow.sweep_voidings", 60.0),
    "resume training": ("models_store.sweep_runs", 30.0),
    "train where it is due": ("models_store.request_due", 300.0),
    "certify what nobody tested": ("policy.sweep_certificates", 120.0),
    "take in live evidence": ("monitoring.watch", 30.0),
    "score in shadow": ("monitoring.shadow", 30.0),
    "keep the months of shadow scores": ("monitoring.keep_score_months", 86_400.0),
    "count what comes in": ("monitoring.count", 60.0),
    "resume replays": ("monitoring.sweep_replays", 30.0),
    "look for drift": ("monitoring.check_drift", 300.0),
    "resume studies and drills": ("monitoring.resume_studies", 60.0),
    "compute what the overview shows": ("monitoring.read_figures", 60.0),
    "examine cases and labels": ("monitoring.examine", 1_800.0),
    "keep the months of counts": ("monitoring.keep_count_months", 86_400.0),
    "count and digest decisions": ("monitoring.every_minute", 60.0),
    "sign the audit chain": ("monitoring.sign_checkpoint", 3600.0),
}
