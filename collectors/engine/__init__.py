"""Runs the live sources: resumes, retries, waits, records."""

from collectors.engine.progress import CollectSummary, Progress, QueryOutcome, SourceOutcome
from collectors.engine.run import collect

__all__ = ["CollectSummary", "Progress", "QueryOutcome", "SourceOutcome", "collect"]
