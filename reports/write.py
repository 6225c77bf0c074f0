"""One report on disk: drawn aside, then moved into place, so that a failed report leaves the old one."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from reports.charts.collection import build
from reports.data import ReportData, ReportFiles
from reports.findings import front_findings
from reports.fonts import families, readable, unreadable
from reports.frame import SYNTHETIC, slide
from reports.look import SLIDE_DPI, STYLE
from reports.numbers import week
from reports.pages import page_count, pages
from reports.pdf import write_pdf
from store import StoreError, format_week, inert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reports.charts.base import Chart
    from reports.settings import ReportSettings

ALT_TEXTS = "alt-texts.json"
_DRAFT = ".layoff-pulse-"
_STALE_SECONDS = 24 * 60 * 60
_Item = TypeVar("_Item")


def write_report(
    data: ReportData,
    *,
    out: Path,
    settings: ReportSettings,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> ReportFiles:
    """Write the week's PDF, and an image, a CSV and an alt text per chart, into `out/2025-W44/`.

    Files of an earlier report of the week are replaced, its images that no longer exist removed; anything else in the
    folder stays. `on_progress` gets the pages and images done, and how many there will be. Raises StoreError when the folder can't be written.
    """
    name = format_week(data.week)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _clear_drafts(out)
        with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=out) as folder:
            drawn = Path(folder)
            charts, findings = _draw(
                data, drawn, settings=settings, pdf=f"layoff-pulse-{name}.pdf", on_progress=on_progress
            )
            _move(drawn, out / name)
    except OSError as error:
        raise StoreError(
            f'The report can\'t be written to "{out}": {error}. Choose another folder or free some space.'
        ) from error
    place = out / name
    return ReportFiles(
        pdf=place / f"layoff-pulse-{name}.pdf",
        pngs=tuple(place / f"{chart.name}.png" for chart in charts),
        csvs=tuple(place / f"{chart.name}.csv" for chart in charts),
        alt_texts=place / ALT_TEXTS,
        findings=findings,
        unreadable=_unreadable(data),
    )


def _draw(
    data: ReportData,
    folder: Path,
    *,
    settings: ReportSettings,
    pdf: str,
    on_progress: Callable[[int, int | None], None] | None,
) -> tuple[list[Chart], tuple[str, ...]]:
    with mpl.rc_context(fname=STYLE):
        families(strong=True)
        charts = build(data, settings=settings)
        every = charts.all()
        findings = front_findings(data, settings=settings)
        total = page_count(charts) + len(every)

        def ticked(items: Iterable[_Item], *, done: int = 0) -> Iterator[_Item]:
            for number, item in enumerate(items, done + 1):
                yield item
                if on_progress is not None:
                    on_progress(number, total)

        title = f"{data.title}, {week(data.week)}" + (f" – {SYNTHETIC}" if data.synthetic else "")
        subject = "Reactions to layoffs: net sentiment per company and week"
        sheets = ticked(pages(data, charts, findings, settings=settings))
        write_pdf(folder / pdf, sheets, title=title, subject=subject)
        for chart in ticked(every, done=page_count(charts)):
            _image(data, chart, folder)
    alt_texts = {f"{chart.name}.png": _alt(data, chart) for chart in every}
    (folder / ALT_TEXTS).write_text(json.dumps(alt_texts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return every, tuple(finding.text for finding in findings)


def _image(data: ReportData, chart: Chart, folder: Path) -> None:
    figure = slide(data, chart)
    FigureCanvasAgg(figure)
    metadata = {"Software": None, "Title": chart.title, "Description": _alt(data, chart), "Source": chart.source}
    figure.savefig(folder / f"{chart.name}.png", dpi=SLIDE_DPI, metadata=metadata)
    inert(chart.values).write_csv(folder / f"{chart.name}.csv", float_precision=4)


def _alt(data: ReportData, chart: Chart) -> str:
    return f"{SYNTHETIC}. {chart.alt}" if data.synthetic else chart.alt


def _move(drawn: Path, place: Path) -> None:
    """Move every file over its predecessor, the list of images last, then remove images that have none."""
    place.mkdir(exist_ok=True)
    listed = place / ALT_TEXTS
    old = _images(listed)
    for file in sorted(drawn.iterdir(), key=lambda file: file.name == ALT_TEXTS):
        file.replace(place / file.name)
    kept = _images(listed)
    for image in old:
        if image not in kept:
            (place / image).unlink(missing_ok=True)
            (place / image).with_suffix(".csv").unlink(missing_ok=True)


def _images(listed: Path) -> list[str]:
    """The images that a list of alt texts names. One that is damaged names none: then images of an earlier report may stay."""
    try:
        found = json.loads(listed.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [name for name in found if Path(name).name == name] if isinstance(found, dict) else []


def _clear_drafts(out: Path) -> None:
    """Remove drafts that a killed report left; a younger one may be being drawn at this moment."""
    oldest = time.time() - _STALE_SECONDS
    for draft in out.glob(f"{_DRAFT}*"):
        with suppress(FileNotFoundError):
            if draft.is_dir() and draft.stat().st_mtime < oldest:
                shutil.rmtree(draft)


def _unreadable(data: ReportData) -> tuple[str, ...]:
    names = {
        *data.weekly["company"].drop_nulls(),
        *data.by_theme["theme"].drop_nulls(),
        *data.events["company"].drop_nulls(),
    }
    return tuple(
        f"{name} is shown as {readable(name)}: no installed font has its letters"
        for name in sorted(names)
        if unreadable(name)
    )
