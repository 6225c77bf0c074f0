"""The [import] section of config.toml: how files of others are read, and how much of them."""

from __future__ import annotations

import codecs
import datetime as dt
from fnmatch import fnmatchcase
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator

from collectors.files.shapes import source_name
from store import Section, UsageError

MIB = 1024 * 1024

#: What a column of a file can be mapped to.
FIELDS = (
    "source",
    "post_id",
    "thread_id",
    "parent_id",
    "url",
    "author",
    "created_at",
    "collected_at",
    "lang_hint",
    "community",
    "title",
    "text",
    "likes",
    "replies",
    "reposts",
)


# Each part differs, so that a format that loses or swaps one is found out.
_SOME_TIME = dt.datetime(2025, 10, 28, 14, 5, 9, tzinfo=dt.UTC)


def _platform(name: str) -> str:
    try:
        return source_name(name)
    except UsageError as error:
        raise ValueError(str(error).rstrip(".")) from None


Platform = Annotated[str, AfterValidator(_platform)]
"""Name of a platform, as it is stored."""


class Mapping(Section):
    """How to read files whose columns have other names than the known ones."""

    files: str
    """Which files: a pattern of file names such as "agency-*.csv"."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our field = their column, for example text = "Beitrag"."""
    source: Platform | None = None
    """Platform of rows that don't say it."""
    timezone: str = "UTC"
    """Zone of times that carry none, for example "Europe/Berlin"."""
    date_format: str | None = None
    """strptime format, tried before the known forms, for example "%d.%m.%Y %H:%M"."""
    encoding: str | None = None
    """Of text that is neither UTF-8 nor UTF-16 with a byte order mark, for example "cp1252"."""

    @field_validator("columns")
    @classmethod
    def _fields_are_known(cls, columns: dict[str, str]) -> dict[str, str]:
        for field in columns:
            if field not in FIELDS:
                raise ValueError(f'"{field}" is no field of a post; the fields are: {", ".join(FIELDS)}')
        return columns

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f'"{name}" is no time zone; write it like "Europe/Berlin" or "UTC"') from None
        return name

    @field_validator("date_format")
    @classmethod
    def _date_format_reads_a_day(cls, form: str | None) -> str | None:
        if form is None:
            return None
        try:
            read = dt.datetime.strptime(_SOME_TIME.strftime(form), form)  # noqa: DTZ007 - only its day counts
        except ValueError as error:
            raise ValueError(f'"{form}" reads no date ({error}); write it like "%d.%m.%Y %H:%M"') from None
        if read.date() != _SOME_TIME.date():
            raise ValueError(f'"{form}" lacks the year, month or day; write it like "%d.%m.%Y %H:%M"')
        return form

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, name: str | None) -> str | None:
        if not name:
            return None
        try:
            "a".encode(name)  # "hex" and "zip" are codecs too, but of bytes: only those of text can encode one
            return codecs.lookup(name).name
        except (LookupError, UnicodeError):
            raise ValueError(f'"{name}" is no known text encoding; common ones are "cp1252" and "iso-8859-1"') from None


class ImportSettings(Section):
    """Reading files."""

    batch_rows: int = Field(default=50_000, ge=1, le=1_000_000)
    """Rows that are stored together; memory grows with it."""
    linkedin_network_posts: bool = False
    """Also store LinkedIn posts that only the member's own network may see."""
    max_row_bytes: int = Field(default=4 * MIB, ge=1024)
    """A longer row is refused."""
    max_unpacked_bytes: int = Field(default=16 * 1024 * MIB, ge=MIB)
    """An archive that unpacks to more is refused."""
    max_ratio: float = Field(default=300.0, gt=1)
    """So is one that unpacks to more than this many times its size …"""
    ratio_from_bytes: int = Field(default=256 * MIB, ge=0)
    """… once it has unpacked to this much: a million equal rows pack 250 to 1 and are harmless."""
    max_members: int = Field(default=10_000, ge=1)
    """Files in one archive."""
    mapping: dict[str, Mapping] = Field(default_factory=dict)
    """[import.mapping.NAME] tables; the first whose `files` fits is used."""

    def mapping_for(self, file_name: str) -> Mapping | None:
        """The mapping of a file, by its name without folder."""
        return next((mapping for mapping in self.mapping.values() if fnmatchcase(file_name, mapping.files)), None)
