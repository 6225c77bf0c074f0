"""Commands that turn posts into figures: label, report, run, demo."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layoffs.cli.app import app, console, open_project, print_json
from layoffs.cli.data import Json
from layoffs.progress import progress

if TYPE_CHECKING:
    from analysis import LabelSummary
    from layoffs.project import Project
    from layoffs.reporting import WrittenReport


@app.command()
def label(context: typer.Context, json: Json = False) -> None:
    """Decide what each new or changed post is: language, companies, kind, voice, sentiment, emotion, themes."""
    summary = label_with_progress(open_project(context))
    if json:
        print_json(asdict(summary))
    else:
        print_labels(summary)


def label_with_progress(project: Project) -> LabelSummary:
    """Label what is due, with a bar."""
    with progress("label", unit="posts") as advance:
        return project.label_new(on_progress=advance)


def print_labels(summary: LabelSummary) -> None:
    """What was labelled, and what all posts are."""
    console.print(
        f"Labelled {summary.labelled:,} posts, applied changed rules to {summary.rules_only:,}, "
        f"{summary.unchanged:,} were up to date ({summary.seconds:,.1f} s)."
    )
    if summary.by_kind:
        shares = ", ".join(f"{kind} {count:,}" for kind, count in summary.by_kind.items())
        console.print(f"All posts by kind: {shares}.")


@app.command()
def report(
    context: typer.Context,
    week: Annotated[str | None, typer.Option(help="ISO week such as 2025-W44; default: the last complete one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default: the one in the settings.")] = None,
    json: Json = False,
) -> None:
    """Write the weekly PDF, its charts as PNG, their data as CSV."""
    written = open_project(context).write_report(week=week, out=out)
    if json:
        print_json(asdict(written))
    else:
        print_report(written)


def print_report(written: WrittenReport) -> None:
    """The findings, and where the report is."""
    for finding in written.findings:
        console.print(f"• {finding}")
    # Paths are printed whole, however narrow the terminal, so that they can be copied.
    typer.echo(f"Report: {written.pdf} (+ {written.charts} charts with their data beside it)")
    if written.unlabelled:
        console.print(f"{written.unlabelled:,} posts are not labelled yet and not in it: run `layoffs label` first.")
    if written.outdated:
        console.print(f"The labels of {written.outdated:,} posts follow older settings: run `layoffs label` first.")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to work in.")] = Path("demo"),
) -> None:
    """Run the whole way on the embedded sample of invented posts. Needs no network and no account."""
    from layoffs.demo import WEEK, prepare  # noqa: PLC0415 - `--help` stays instant

    project, sample = prepare(out)
    with progress("import", unit="rows") as advance:
        (summary,) = project.import_posts([sample], on_progress=advance)
    console.print(f"Sample: {summary.seen:,} invented posts, {summary.rejected:,} rejected.")
    print_labels(label_with_progress(project))
    written = project.write_report(week=WEEK)
    print_report(written)
    console.print("All of it is SYNTHETIC: it shows what the report looks like, not what people said.")
