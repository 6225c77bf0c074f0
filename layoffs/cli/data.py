"""Commands that bring data in and take it out: init, import, events, export, forget."""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layoffs.cli.app import app, console, open_project, print_json, print_line
from layoffs.cli.tables import Column, numbers, print_table
from layoffs.progress import progress
from store import EXIT_DONE, EXIT_FAILED, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collectors import EventsSummary, FileSummary

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Files = Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)]


@app.command()
def init(
    context: typer.Context,
    force: Annotated[bool, typer.Option(help="Replace a config that is there; a copy of it is kept.")] = False,
) -> None:
    """Write the commented default config.toml."""
    from layoffs.settings import default_config  # noqa: PLC0415 - `--help` stays instant

    path: Path = context.obj
    if path.exists() and not force:
        raise UsageError(
            f"{path} is there already and was left alone. Use --force to replace it; a copy of it is kept."
        )
    if path.exists():
        copies = (path.with_name(f"{path.name}.{number}.old") for number in itertools.count(1))
        kept = next(copy for copy in copies if not copy.exists())
        shutil.copy2(path, kept)
        console.print(f"Kept the old one as {kept}.")
    # As a whole or not at all: a kill or a full disk leaves no half of it.
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        draft.write_text(default_config(), encoding="utf-8")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    console.print(f"Wrote {path}. Next: name your companies in it, then `layoffs import FILE…` and `layoffs label`.")


@app.command("import")
def import_(
    context: typer.Context,
    files: Files,
    source: Annotated[
        str | None, typer.Option(help="Platform of files that don't say it: x, reddit, linkedin, …")
    ] = None,
    json: Json = False,
) -> int:
    """Store posts from CSV, JSONL, JSON, Parquet, gzip, ZIP and LinkedIn exports."""
    project = open_project(context)
    with progress("import", unit="rows") as advance:
        summaries = project.import_posts(files, source=source, on_progress=advance)
    if json:
        print_json([asdict(summary) for summary in summaries])
    else:
        _print_imports(summaries)
    return EXIT_FAILED if any(summary.error for summary in summaries) else EXIT_DONE


def _print_imports(summaries: Sequence[FileSummary]) -> None:
    for summary in summaries:
        left_out = "".join(f", {count:,} left out ({reason})" for reason, count in summary.left_out_reasons.items())
        print_line(f"{summary.file}: {_counts(summary)}{left_out}")
        if summary.platform_guessed_from:
            print_line(
                f"  platform: {', '.join(summary.platforms)}, guessed from {summary.platform_guessed_from}; if wrong, say it with --source"
            )
        if summary.taken_out:
            print_line(f"  taken out: {summary.taken_out:,} posts of its earlier reading that it doesn't give any more")
        if summary.kept_back:
            print_line(
                f"  kept: {summary.kept_back:,} posts of its earlier readings that it doesn't give any more, as "
                f"{summary.kept_back_because}; `layoffs forget` deletes those that you name"
            )
        if summary.unread_counts:
            print_line(f"  likes, replies and reposts that are no numbers, left empty: {summary.unread_counts:,}")
        if summary.left_aside:
            print_line(f"  beside it, not read, as they hold no public posts: {', '.join(summary.left_aside)}")
        if summary.rejected and not summary.error:
            print_line(f"  rejected: {summary.why_rejected}")
        _print_what_was_wrong(summary)


def _print_what_was_wrong(summary: FileSummary | EventsSummary) -> None:
    if summary.unknown_columns:
        print_line(f"  columns not used: {', '.join(summary.unknown_columns)}")
    if summary.reject_file:
        print_line(f"  rejected rows and their reasons: {summary.reject_file}")
    if summary.error:
        print_line(f"  stopped: {summary.error}")


def _counts(summary: FileSummary | EventsSummary) -> str:
    names = ("seen", "new", "changed", "duplicate", "rejected")
    return ", ".join(f"{getattr(summary, name):,} {name}" for name in names)


@app.command()
def events(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="layoffs.fyi-style or WARN-notice CSV.", show_default=False)
    ] = None,
    company: Annotated[str | None, typer.Option(help="Only this company.")] = None,
    json: Json = False,
) -> int:
    """Store announcements from files; without files, list the known ones."""
    project = open_project(context)
    if files:
        summaries = project.import_events(files)
        if json:
            print_json([asdict(summary) for summary in summaries])
            return EXIT_FAILED if any(summary.error for summary in summaries) else EXIT_DONE
        for summary in summaries:
            print_line(f"{summary.file}: {_counts(summary)}")
            _print_what_was_wrong(summary)
        return EXIT_FAILED if any(summary.error for summary in summaries) else EXIT_DONE
    known = project.events(company=company)
    if json:
        print_json(known.to_dicts())
        return EXIT_DONE
    print_table(
        [
            Column("date"),
            Column("company", wraps=True),
            *numbers("jobs"),
            Column("stage"),
            Column("reason", wraps=True),
        ],
        [
            [
                f"{row['date']:%Y-%m-%d}",
                row["company"],
                f"{row['jobs']:,}" if row["jobs"] else "",
                row["stage"] or "",
                row["reason"] or "",
            ]
            for row in known.iter_rows(named=True)
        ],
    )
    return EXIT_DONE


@app.command()
def export(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="posts, reactions or weekly.")],
    out: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file.", show_default=False)],
    company: Annotated[str | None, typer.Option(help="Only this company.")] = None,
) -> None:
    """Write posts, reactions or weekly figures to a file."""
    rows = open_project(context).export(what, out, company=company)
    print_line(f"Wrote {rows:,} rows to {out}")


@app.command()
def forget(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="x, reddit, linkedin, …")],
    posts: Annotated[list[str], typer.Argument(help="The platform's ids, or links.", show_default=False)],
) -> int:
    """Delete posts for good, also from the tables' history; they never come back."""
    done = open_project(context).forget(source, posts)
    print_line(f"Forgot {done.purged:,} of {len(posts):,} posts; {done.barred:,} are barred from returning.")
    if done.before:
        print_line(f"{done.before:,} were forgotten or deleted before.")
    if done.barred < len(posts):
        print_line(f"{len(posts) - done.barred:,} are neither stored nor ids of {done.source}, or were named twice.")
    if done.purged + done.before == 0:
        raise InputError(f"None of these posts is stored under {done.source}. Check the platform and the ids or links.")
    return EXIT_DONE
