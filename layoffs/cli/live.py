"""Commands around live sources: collect, run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from layoffs.cli.app import app, console, open_project, print_json
from layoffs.cli.data import Json
from layoffs.cli.work import label_with_progress, print_labels, print_report
from layoffs.progress import collecting
from store import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from collectors import CollectSummary

Only = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be repeated.", show_default=False)
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", help="End after this, complete or not.", show_default=False)
]


@app.command()
def collect(
    context: typer.Context,
    source: Only = None,
    minutes: Minutes = None,
    budget: Annotated[
        int | None, typer.Option(help="Posts that a source with a price may read.", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Fetch what is new from every configured source. Ends with 75 when something is left for the next run."""
    project = open_project(context)
    if not source and not project.live_sources:
        raise UsageError("No source is switched on: add a section such as [sources.hackernews] to the settings.")
    with collecting() as on_progress:
        summary = project.collect(only=source, minutes=minutes, budget=budget, on_progress=on_progress)
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
def run(context: typer.Context, minutes: Minutes = None) -> int:
    """Do all that is due: collect, label, and write last week's report. For a scheduler."""
    project = open_project(context)
    code = EXIT_DONE
    if project.live_sources:
        with collecting() as on_progress:
            summary = project.collect(minutes=minutes, on_progress=on_progress)
        _print_collected(summary)
        code = summary.exit_code
    print_labels(label_with_progress(project))
    try:
        print_report(project.write_report())
    except UsageError as nothing_to_report:
        # A quiet week is no failure of the run; what was collected and labelled stands.
        console.print(f"No report: {nothing_to_report}")
    return code
