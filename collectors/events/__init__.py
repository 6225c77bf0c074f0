"""Announcements of layoffs from files: layoffs.fyi-style lists and WARN notices."""

from collectors.events.importing import EventsSummary, import_events
from collectors.events.reading import EventsFile, read_events

__all__ = ["EventsFile", "EventsSummary", "import_events", "read_events"]
