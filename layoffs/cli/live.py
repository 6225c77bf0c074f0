"""Commands around live sources: collect, recheck, status, doctor, run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from layoffs.cli.app import app, console, open_project, print_json
from layoffs.cli.data import Json
from layoffs.cli.stopping import stoppable
from layoffs.cli.work import label_with_progress, print_labels, print_report
from layoffs.progress import collecting
from store import EXIT_DONE, EXIT_PARTIAL, EXIT_USAGE, UsageError

if TYPE_CHECKING:
    import datetime as dt

    from collectors import CollectSummary

Only = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be repeated.", show_default=False)
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", min=0, help="End after this, complete or not.", show_default=False)
]

Budget = Annotated[
    int | None, typer.Option(min=0, help="Posts that a source with a price or a limit may read.", show_default=False)
]


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
        raise UsageError("No source is switched on: add a section such as [sources.hackernews] to the settings.")
    with stoppable() as clock, collecting() as on_progress:
        summary = project.live.collect(
            only=source, minutes=minutes, budget=budget, clock=clock, on_progress=on_progress
        )
    if json:
        print_json({**asdict(summary), "exit_code": summary.exit_code})
    else:
        _print_collected(summary)
    return summary.exit_code


def _print_collected(summary: CollectSummary) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("source")
    counts = ("pages", "seen", "new", "changed", "rejected")
    for name in (*counts, "gaps", "cost"):
        table.add_column(name, justify="right")
    table.add_column("status", overflow="fold")
    for outcome in summary.sources:
        numbers = [f"{outcome.total(name):,}" for name in counts]
        cost = f"${outcome.cost_usd:,.2f}" if outcome.cost_usd else ""
        table.add_row(outcome.title, *numbers, f"{outcome.gaps}", cost, outcome.status)
    console.print(table)
    if summary.recovered:
        console.print(f"{summary.recovered:,} posts were waiting from a run that was cut short.")
    for outcome in summary.sources:
        if outcome.error:
            typer.echo(f"{outcome.title}: {outcome.error}", err=True)
        for query in outcome.queries:
            if query.state.error:
                typer.echo(f"{outcome.title}, {query.name}: {query.state.error}", err=True)


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
    with stoppable() as clock:
        summary = project.live.recheck(only=source, minutes=minutes, budget=budget, clock=clock)
    if json:
        print_json({**asdict(summary), "exit_code": summary.exit_code})
        return summary.exit_code
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("source")
    for name in ("checked", "changed", "purged", "absent"):
        table.add_column(name, justify="right")
    for outcome in summary.sources:
        table.add_row(
            outcome.title, *(f"{getattr(outcome, name):,}" for name in ("checked", "changed", "purged", "absent"))
        )
    console.print(table)
    for outcome in summary.sources:
        if outcome.error:
            typer.echo(f"{outcome.title}: {outcome.error}", err=True)
    return summary.exit_code


@app.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Say what is stored, what is due, and how each source stands. Asks no platform."""
    project = open_project(context)
    stored, sources = project.stored(), project.live.status()
    if json:
        print_json({"stored": stored, "sources": [asdict(source) for source in sources]})
        return
    due = stored["posts"] - stored["labelled"]
    console.print(
        f"{stored['posts']:,} posts, {stored['labelled']:,} labelled, {stored['events']:,} events."
        + (f" {due:,} posts are due: `layoffs label`." if due else "")
    )
    if not sources:
        console.print("No live source is switched on; files come in by `layoffs import`.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("source", "last run", "ended", "newest post"):
        table.add_column(name)
    for name in ("gaps", "backlog", "cost this month"):
        table.add_column(name, justify="right")
    for source in sources:
        table.add_row(
            source.title if source.switched_on else f"{source.title} (off)",
            _minute(source.last_run),
            source.last_status or "never ran",
            _minute(source.newest_post),
            f"{len(source.gaps):,}",
            f"{source.backlog:,}",
            f"${source.cost_this_month_usd:,.2f}" if source.cost_this_month_usd else "",
        )
    console.print(table)
    for source in sources:
        for gap in source.gaps[-3:]:
            typer.echo(f"{source.title}: no posts from {_minute(gap.start)} to {_minute(gap.end)} UTC: {gap.reason}")
        if source.error:
            typer.echo(f"{source.title}: {source.error}")


def _minute(time: dt.datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""


@app.command()
def doctor(context: typer.Context, source: Only = None, json: Json = False) -> int:
    """Check settings, tables, model and every source's access, and say what to do. Shows no secret."""
    project = open_project(context)
    stored, revision = project.stored(), project.classifier.revision
    health = project.live.doctor(only=source)
    code = max((one.exit_code for one in health), key=(EXIT_DONE, EXIT_PARTIAL, EXIT_USAGE).index, default=EXIT_DONE)
    if json:
        sources = [{**asdict(one), "well": one.well} for one in health]
        print_json({"stored": stored, "model": revision, "sources": sources, "exit_code": code})
        return code
    console.print(f"settings  fine: {len(project.settings.companies)} companies, {len(project.settings.events)} events")
    console.print(f"tables    fine: {stored['posts']:,} posts in {project.store.root}", soft_wrap=True)
    console.print(f"model     fine: {revision}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("source", "switched on", "reachable", "authorised", "quota left"):
        table.add_column(name)
    for one in health:
        table.add_row(one.title, _yes(one.switched_on), _yes(one.reachable), _yes(one.authorised), one.quota or "")
    console.print(table)
    for one in health:
        if one.advice:
            typer.echo(f"{one.title}: {one.advice}")
    return code


def _yes(value: bool | None) -> str:
    return "not tried" if value is None else "yes" if value else "no"


@app.command()
def run(context: typer.Context, minutes: Minutes = None) -> int:
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
