"""Posts and announcements from files and live sources. Every post passes `to_posts` before it is stored."""

from collectors.events import EventsFile, EventsSummary, import_events, read_events
from collectors.files import FILE_SOURCE, FileSummary, import_files
from collectors.normalise import RAW, REJECTED, Normalised, to_posts, with_title
from collectors.settings import ImportSettings, Mapping

__all__ = [
    "FILE_SOURCE",
    "RAW",
    "REJECTED",
    "EventsFile",
    "EventsSummary",
    "FileSummary",
    "ImportSettings",
    "Mapping",
    "Normalised",
    "import_events",
    "import_files",
    "read_events",
    "to_posts",
    "with_title",
]
