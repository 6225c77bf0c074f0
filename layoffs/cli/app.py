"""The `layoffs` command: options that every command shares, and the one place where errors become exit codes."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from store import EXIT_FAILED, LayoffsError

if TYPE_CHECKING:
    from layoffs.project import Project

CONFIG_NAME = "config.toml"
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
# typer carries a copy of click and exports no base of its errors about options and arguments; this is it.
_UsageProblem: type[Any] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="layoffs",
    help="How people take layoffs: posts gathered, sorted and measured per company and week.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # brackets in a help text are brackets
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Names and messages come from files and settings: no markup, no emoji codes are read into them.
console = Console(markup=False, emoji=False, highlight=False)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"layoffs {metadata.version('layoff-pulse')}")
        raise typer.Exit


@app.callback()
def shared(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="The settings.", show_default=True)] = Path(CONFIG_NAME),
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log every step; show tracebacks. May also follow the command.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Options before the command."""
    context.obj = config
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime  # UTC, as everything else
    handler.setFormatter(formatter)
    # On a terminal the bars say what happens; elsewhere the log lines do.
    level = logging.DEBUG if verbose else logging.WARNING if sys.stderr.isatty() else logging.INFO
    for name in ("layoffs", "collectors", "analysis", "reports", "store"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def open_project(context: typer.Context) -> Project:
    """The project of the --config that was given. Imported here so that `--help` stays instant."""
    from layoffs.project import open as open_config  # noqa: PLC0415

    return open_config(context.obj)


def print_line(text: str) -> None:
    """One line, however narrow the terminal: paths and messages stay whole when they are copied or piped."""
    console.print(text, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document on standard output; dates and paths as text."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def main() -> None:
    """Entry point. Every error raised on purpose ends in one message and its exit code."""
    arguments = _verbose_first(sys.argv[1:])
    verbose = arguments[:1] == ["--verbose"]
    try:
        code = app(arguments, standalone_mode=False)
    except LayoffsError as error:
        if verbose:
            Console(stderr=True).print_exception()
        _fail(str(error), error.exit_code)
    except _UsageProblem as error:
        error.show()
        sys.exit(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        code = EXIT_INTERRUPTED
    except SystemExit as error:
        # The reader of our output went away (`layoffs … | head`): typer and rich end with 1 then.
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_BROKEN_PIPE
    except OSError as error:
        if verbose:
            Console(stderr=True).print_exception()
        _fail(
            f"{error.filename or 'The system'}: {error.strerror or error}. What was stored before is kept.", EXIT_FAILED
        )
    if code == EXIT_INTERRUPTED:  # typer turns Ctrl-C into this code, without a word
        _fail("Interrupted. What was stored is kept; run the same command again to go on.", EXIT_INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _verbose_first(arguments: list[str]) -> list[str]:
    """Let --verbose stand behind the command too. `evaluate` has one of its own, which asks for more than logs."""
    given = [argument for argument in arguments if argument in ("--verbose", "-v")]
    if not given:
        return arguments
    others = arguments if "evaluate" in arguments else [argument for argument in arguments if argument not in given]
    return ["--verbose", *others]


def _fail(message: str, code: int) -> None:
    typer.echo(f"layoffs: {message}", err=True)
    sys.exit(code)
