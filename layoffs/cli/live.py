"""Commands around live sources: collect, recheck, status, run."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from layoffs.cli.app import app, console, open_project, print_json, print_line
from layoffs.cli.data import Json
from layoffs.cli.stopping import stoppable
from layoffs.cli.tables import Column, numbers, print_table
from layoffs.cli.work import label_with_progress, print_labels, print_report
from layoffs.progress import collecting
from store import EXIT_DONE, EXIT_PARTIAL, UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from collectors import CollectSummary, SourceStatus

_GAPS = 3  # of each source that `status` shows
_FILES = 5  # that failed before and are named
Only = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be repeated.", show_default=False)
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", min=0, help="End after this, complete or not.", show_default=False)
]

Budget = Annotated[
    int | None, typer.Option(min=0, help="Posts that a source with a price or a limit may read.", show_default=False)
]

_NONE_ON = "No source is switched on: add a section such as [sources.hackernews] to the settings."


@app.command()
def collect(
    context: typer.Context,
    source: Only = None,
    minutes: Minutes = None,
    budget: Budget = None,
    json: Json = False,
) -> int:
    """Fetch what is new from every configured source. Ends with 75 when something is left for the next run."""
    project = open_project(context)
    if not source and not project.live.switched_on:
        raise UsageError(_NONE_ON)
    with stoppable() as clock, collecting() as on_progress:
        summary = project.live.collect(
            only=source, minutes=minutes, budget=budget, clock=clock, on_progress=on_progress
        )
    if json:
        sources = [{**asdict(one), "status": one.status, "left_out": one.left_out} for one in summary.sources]
        print_json({**asdict(summary), "sources": sources, "exit_code": summary.exit_code})
    else:
        _print_collected(summary)
    return summary.exit_code


def _print_collected(summary: CollectSummary) -> None:
    counts = ("pages", "seen", "new", "changed", "duplicate", "rejected")
    columns = [Column("source"), *numbers(*counts, "left out", "gaps", "cost"), Column("status")]
    print_table(
        columns,
        [
            [
                outcome.title,
                *(f"{outcome.total(name):,}" for name in counts),
                f"{outcome.left_out:,}" if outcome.left_out else "",
                f"{outcome.gaps:,}",
                _usd(outcome.cost_usd),
                outcome.status,
            ]
            for outcome in summary.sources
        ],
    )
    for outcome in summary.sources:
        if outcome.left_out:
            why = "forgotten or deleted before"
            if outcome.source == "folder":
                why += ", or for the exporting member's own network only"
            print_line(f"{outcome.title}: {outcome.left_out:,} rows left out: {why}.")
    if summary.recovered:
        console.print(f"{summary.recovered:,} posts were waiting from a run that was cut short.")
    for outcome in summary.sources:
        reasons = Counter(query.state.error for query in outcome.queries if query.state.error)
        for reason, count in reasons.items():
            first = next(query.name for query in outcome.queries if query.state.error == reason)
            where = f"{first} and {count - 1} more" if count > 1 else first
            says_where = count == 1 and first in reason
            typer.echo(f"{outcome.title}: {reason}" if says_where else f"{outcome.title}, {where}: {reason}", err=True)
        if outcome.still_failed:
            typer.echo(f"{outcome.title}: {_unchanged(outcome.still_failed)}", err=True)
        if outcome.error and not reasons:
            typer.echo(f"{outcome.title}: {outcome.error}", err=True)


def _unchanged(files: Sequence[str]) -> str:
    count = "1 file failed before and is" if len(files) == 1 else f"{len(files):,} files failed before and are"
    more = f" and {len(files) - _FILES:,} more" if len(files) > _FILES else ""
    return (
        f"{count} unchanged: {', '.join(files[:_FILES])}{more}; see `layoffs status`, then mend them or move them away"
    )


@app.command()
def recheck(
    context: typer.Context,
    source: Only = None,
    minutes: Minutes = None,
    budget: Budget = None,
    json: Json = False,
) -> int:
    """Look stored posts up again; what was deleted is purged here too, for good."""
    project = open_project(context)
    if not source and not project.live.switched_on:
        raise UsageError(_NONE_ON)
    with stoppable() as clock:
        summary = project.live.recheck(
            only=source, minutes=minutes, budget=budget, clock=clock, on_estimate=partial(typer.echo, err=True)
        )
    if json:
        print_json({**asdict(summary), "exit_code": summary.exit_code})
        return summary.exit_code
    counts = ("checked", "changed", "purged", "absent", "unreachable")
    print_table(
        [Column("source"), *numbers(*counts, "cost")],
        [
            [
                outcome.title,
                *(f"{getattr(outcome, name):,}" for name in counts),
                f"${outcome.cost_usd:,.2f}" if outcome.cost_usd else "",
            ]
            for outcome in summary.sources
        ],
    )
    for outcome in summary.sources:
        if outcome.not_asked:
            print_line(
                f"{outcome.title}: {outcome.not_asked:,} stored posts can't be looked up: docs/collecting.md says why."
            )
        if outcome.error:
            typer.echo(f"{outcome.title}: {outcome.error}", err=True)
    return summary.exit_code


@app.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Say what is stored, what is due, and how each source stands. Asks no platform."""
    project = open_project(context)
    stored, sources = project.holdings.stored(), project.live.status()
    if json:
        print_json({"stored": stored, "sources": [asdict(source) for source in sources]})
        return
    due = stored["posts"] - stored["labelled"]
    console.print(
        f"{stored['posts']:,} posts, {stored['labelled']:,} labelled, {stored['events']:,} events."
        + (f" {due:,} posts are due: `layoffs label`." if due else "")
        + (f" {stored['outdated']:,} are labelled by older settings: `layoffs label`." if stored["outdated"] else "")
    )
    if not sources:
        console.print("No live source is switched on; files come in by `layoffs import`.")
        return
    print_table(
        [
            *map(Column, ("source", "last run", "ended", "newest post")),
            *numbers("gaps", "backlog", "pages waiting", "cost this month"),
        ],
        [
            [
                source.title if source.switched_on else f"{source.title} (off)",
                _minute(source.last_run),
                _ended(source),
                _minute(source.newest_post),
                f"{len(source.gaps):,}",
                f"{source.backlog:,}",
                f"{source.journalled_pages:,}" if source.journalled_pages else "",
                _usd(source.cost_this_month_usd),
            ]
            for source in sources
        ],
    )
    for source in sources:
        for gap in source.gaps[-_GAPS:]:
            print_line(f"{source.title}: no posts from {_minute(gap.start)} to {_minute(gap.end)} UTC: {gap.reason}")
        if len(source.gaps) > _GAPS:
            print_line(f"{source.title}: {len(source.gaps) - _GAPS:,} gaps before those; --json lists all")
        if source.error:
            print_line(f"{source.title}: {source.error}")
        if len(source.errors) > 1:
            print_line(f"{source.title}: and {len(source.errors) - 1:,} more; --json lists all")
        if source.recheck_error:
            print_line(f"{source.title}, recheck of {_minute(source.last_recheck)}: {source.recheck_error}")


def _ended(source: SourceStatus) -> str:
    if source.last_status == "running":
        return "under way, or killed"
    return source.last_status or "never ran"


def _usd(cost: float) -> str:
    return f"${cost:,.2f}" if cost else ""


def _minute(time: dt.datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""


@app.command()
def run(
    context: typer.Context,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            min=0,
            help="End collecting after this, complete or not; labels and report follow.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Do all that is due: collect, label, and write last week's report. For a scheduler."""
    project = open_project(context)
    code = EXIT_DONE
    if project.live.switched_on:
        with stoppable() as clock, collecting() as on_progress:
            summary = project.live.collect(minutes=minutes, clock=clock, on_progress=on_progress)
        _print_collected(summary)
        if clock.stopped:
            return EXIT_PARTIAL
        code = summary.exit_code
    print_labels(label_with_progress(project))
    try:
        print_report(project.write_report())
    except UsageError as nothing_to_report:
        # A quiet week is no failure of the run; what was collected and labelled stands.
        console.print(f"No report: {nothing_to_report}")
    return code
