"""The section `[report]` of config.toml."""

from __future__ import annotations

from pydantic import Field

from reports.changes import FEWEST_SHOWN
from store import Section


class ReportSettings(Section):
    """What the weekly report holds."""

    out: str = "report"
    """Folder for the PDFs, images and their data, relative to the config file."""
    min_posts: int = Field(default=30, ge=FEWEST_SHOWN)
    """Reactions a week below which a figure is greyed and never headlined; of under 5 none is shown at all."""
    trend_weeks: int = Field(default=26, ge=2, le=104)
    """Weeks shown in a trend, the reported week included."""
    companies_per_report: int = Field(default=12, ge=0, le=60)
    """Companies compared: those with most reactions in the week; with 0, and none pinned, there is no such page. Each gets a page if some week has `min_posts` reactions."""
    pinned: tuple[str, ...] = ()
    """Companies that always get a page, however few their reactions."""
    quotes: bool = False
    """Show quotes of posts, masked and with a link. Never from X."""
