"""Runs the live sources: resumes, retries, waits, records."""

from collectors.engine.doctor import SourceHealth, doctor
from collectors.engine.progress import (
    CollectSummary,
    Progress,
    QueryOutcome,
    RecheckOutcome,
    RecheckSummary,
    SourceOutcome,
)
from collectors.engine.recheck import recheck
from collectors.engine.run import collect
from collectors.engine.status import SourceStatus, status

__all__ = [
    "CollectSummary",
    "Progress",
    "QueryOutcome",
    "RecheckOutcome",
    "RecheckSummary",
    "SourceHealth",
    "SourceOutcome",
    "SourceStatus",
    "collect",
    "doctor",
    "recheck",
    "status",
]
