"""Posts and announcements from files and live sources. Every post passes `to_posts` before it is stored."""

from collectors.credentials import Credentials
from collectors.engine import (
    CollectSummary,
    Progress,
    QueryOutcome,
    RecheckOutcome,
    RecheckSummary,
    SourceHealth,
    SourceOutcome,
    SourceStatus,
    collect,
    doctor,
    recheck,
    status,
)
from collectors.events import EventsFile, EventsSummary, import_events, read_events
from collectors.files import FILE_SOURCE, FileSummary, import_files, source_name
from collectors.normalise import RAW, REJECTED, Normalised, to_posts, with_title
from collectors.registry import LONGEST_RUN, SOURCES, SourcesSettings
from collectors.settings import ImportSettings, Mapping
from collectors.terms import LAYOFF_WORDS, Employer
from collectors.wire import Clock, SystemClock

__all__ = [
    "FILE_SOURCE",
    "LAYOFF_WORDS",
    "LONGEST_RUN",
    "RAW",
    "REJECTED",
    "SOURCES",
    "Clock",
    "CollectSummary",
    "Credentials",
    "Employer",
    "EventsFile",
    "EventsSummary",
    "FileSummary",
    "ImportSettings",
    "Mapping",
    "Normalised",
    "Progress",
    "QueryOutcome",
    "RecheckOutcome",
    "RecheckSummary",
    "SourceHealth",
    "SourceOutcome",
    "SourceStatus",
    "SourcesSettings",
    "SystemClock",
    "collect",
    "doctor",
    "import_events",
    "import_files",
    "read_events",
    "recheck",
    "source_name",
    "status",
    "to_posts",
    "with_title",
]
