"""The tables and what everything above them shares: schemas, weeks, errors, privacy."""

from store.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PARTIAL,
    EXIT_USAGE,
    ConfigError,
    InputError,
    LayoffsError,
    ModelError,
    SourceDenied,
    SourceError,
    SourceUnavailable,
    StoreBusy,
    StoreError,
    UsageError,
)
from store.ids import ids_in, stored_form, surely_ids
from store.journal import Journal
from store.platforms import PLATFORMS, platform_names
from store.privacy import Privacy
from store.schemas import COMPANY_MENTION, EVENTS, LABELS, NOBODY, POSTS, RUNS, TABLES, TOMBSTONES, UTC, TableSpec
from store.settings import Name, Section
from store.spreadsheets import inert
from store.tables import Store
from store.upserts import Upserted
from store.weeks import format_week, last_complete_week, parse_day, parse_week, week_of

__all__ = [
    "COMPANY_MENTION",
    "EVENTS",
    "EXIT_DONE",
    "EXIT_FAILED",
    "EXIT_PARTIAL",
    "EXIT_USAGE",
    "LABELS",
    "NOBODY",
    "PLATFORMS",
    "POSTS",
    "RUNS",
    "TABLES",
    "TOMBSTONES",
    "UTC",
    "ConfigError",
    "InputError",
    "Journal",
    "LayoffsError",
    "ModelError",
    "Name",
    "Privacy",
    "Section",
    "SourceDenied",
    "SourceError",
    "SourceUnavailable",
    "Store",
    "StoreBusy",
    "StoreError",
    "TableSpec",
    "Upserted",
    "UsageError",
    "format_week",
    "ids_in",
    "inert",
    "last_complete_week",
    "parse_day",
    "parse_week",
    "platform_names",
    "stored_form",
    "surely_ids",
    "week_of",
]
