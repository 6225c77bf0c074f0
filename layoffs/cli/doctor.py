"""The command that checks everything: doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from layoffs.cli.app import app, console, open_project, print_json, print_line
from layoffs.cli.data import Json
from layoffs.cli.live import Only
from layoffs.cli.tables import Column, print_table
from store import EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, EXIT_USAGE, ConfigError, ModelError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layoffs.project import Project

_GRAVITY = (EXIT_DONE, EXIT_PARTIAL, EXIT_FAILED, EXIT_USAGE)  # what most needs a person comes last, and wins


@app.command()
def doctor(context: typer.Context, source: Only = None, json: Json = False) -> int:
    """Check settings, tables, model and every source's access, and say what to do. Shows no secret."""
    project = open_project(context)
    revision, broken = _model(project)
    stored, damaged = _stored(project, labels=revision is not None)
    health = project.live.doctor(only=source)
    problem = damaged or _not_writable(project)
    codes = [
        broken.exit_code if broken else EXIT_DONE,
        EXIT_FAILED if damaged else EXIT_USAGE if problem else EXIT_DONE,
        *(one.exit_code for one in health),
    ]
    code = max(codes, key=_GRAVITY.index)
    if json:
        print_json(
            {
                "stored": stored,
                "tables": problem,
                "model": revision,
                "model_problem": str(broken) if broken else None,
                "sources": [{**asdict(one), "well": one.well} for one in health],
                "exit_code": code,
            }
        )
        return code
    companies, announcements = len(project.settings.companies), len(project.settings.events)
    console.print(f"settings  fine: companies {companies:,}, announcements {announcements:,}")
    print_line(f"tables    {_said_of_tables(project, stored, problem)}")
    print_line(f"model     {f'failed: {broken}' if broken else f'fine: {revision}'}")
    print_table(
        [Column(name) for name in ("source", "switched on", "reachable", "authorised", "quota left")],
        [
            [one.title, _yes(one.switched_on), _yes(one.reachable), _yes(one.authorised), one.quota or ""]
            for one in health
        ],
    )
    for one in health:
        if one.advice:
            typer.echo(f"{one.title}: {one.advice}")
    return code


def _model(project: Project) -> tuple[str | None, ModelError | ConfigError | None]:
    """Its revision, or why it can't be used."""
    try:
        _ = project.quality  # every report needs the figures that come with the model
        revision = project.classifier.revision
    except (ModelError, ConfigError) as error:
        return None, error
    return revision, None


def _stored(project: Project, *, labels: bool) -> tuple[Mapping[str, int] | None, str | None]:
    """What the tables hold, or why they can't be read. Only a model that can be used says which labels count."""
    holdings = project.holdings
    try:
        holdings.require_readable()  # also of the tables that are not counted
        return holdings.stored() if labels else holdings.held(), None
    except StoreError as error:
        return None, str(error)


def _said_of_tables(project: Project, stored: Mapping[str, int] | None, problem: str | None) -> str:
    if stored is None:
        return f"failed: {problem}"
    if problem is not None:
        return f"readable only: {problem}"
    listed = f"{stored['listed']:,} announcements from files"
    return f"fine: {stored['posts']:,} posts, {listed} in {project.store.root}"


def _not_writable(project: Project) -> str | None:
    try:
        project.store.require_writable()
    except StoreError as error:
        return str(error)
    return None


def _yes(value: bool | None) -> str:
    return "not tried" if value is None else "yes" if value else "no"
