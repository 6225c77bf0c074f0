"""Commands about the model: evaluate, model."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markdown import Markdown

from layoffs.cli.app import app, console, open_project, print_json, print_line
from layoffs.cli.data import Files, Json
from layoffs.cli.tables import Column, numbers, print_table
from layoffs.progress import progress
from store import ModelError, UsageError

if TYPE_CHECKING:
    from analysis import Classifier, ModelSettings

HEADS = ("kind", "sentiment", "voice", "emotion")
# Of a model alone or with its owner; whatever is written otherwise can only be a folder.
_HUB_ID = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?", re.ASCII)


@app.command()
def evaluate(
    context: typer.Context,
    files: Files,
    compare: Annotated[
        str | None, typer.Option(help="Also measure this model: bundled, or a folder or hub id (needs [torch]).")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Confusion matrices and the 20 most confident mistakes.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure the model on labelled posts: TSV (lang, label, text) or JSONL with kind, sentiment, voice, emotion."""
    from analysis import evaluate_files  # noqa: PLC0415 - `--help` stays instant

    settings, classifier = _configured(context)
    models = [classifier]
    if compare:
        models.append(_compared(compare, settings))
        if models[1].revision == classifier.revision:
            raise UsageError(
                f"--compare {compare} is the model that is measured anyway ({classifier.revision}): there is nothing to "
                "compare. Name another folder or hub id, or bundled where the settings name a model of your own."
            )
    results = []
    for measured in models:
        with progress("evaluate", unit="posts") as advance:
            results.append(evaluate_files(files, measured, verbose=verbose, on_progress=advance))
    if json:
        # One model gives exactly one document; a comparison gives a list of them.
        print_json(results[0] if len(results) == 1 else results)
        return
    for result in results:
        _print_evaluation(result)


def _configured(context: typer.Context) -> tuple[ModelSettings, Classifier]:
    from analysis import ModelSettings, load_classifier  # noqa: PLC0415

    if not context.obj.exists():
        return ModelSettings(), load_classifier()  # the bundled model can be measured anywhere
    project = open_project(context)
    return project.settings.model, project.classifier


def _compared(name: str, settings: ModelSettings) -> Classifier:
    """The other model, given as much of the machine as the first. Errors name --compare: the settings may be in order."""
    from analysis import load_classifier  # noqa: PLC0415

    if name == "bundled":
        return load_classifier(settings.model_copy(update={"backend": "bundled"}))
    folder = Path(name).expanduser()
    absent = "" if folder.is_dir() else f"there is no such folder, {folder.resolve()}"
    if absent and not _HUB_ID.fullmatch(name):
        raise UsageError(f"--compare {name}: {absent}. Name a folder or hub id of a model, or bundled.")
    try:
        return load_classifier(settings.model_copy(update={"backend": "transformers", "name": name}))
    except ModelError as error:
        said = str(error)
        if isinstance(error.__cause__, ImportError):
            needs = "a model of the hub needs torch" if absent else "it needs torch"
            said = "; ".join(filter(None, (absent, f"{needs}, which is missing ({error.__cause__})")))
            said += '. Install it with: pip install "layoff-pulse[torch]"; or compare with bundled.'
        raise ModelError(f"--compare {name}: {said}") from error


def _print_evaluation(result: dict[str, Any]) -> None:
    from reports import plural, signed  # noqa: PLC0415

    print_line(f"Model {result['model']}")
    for file in result["files"]:
        print_line(f"\n{file['file']}: {plural(file['n'], 'post')}")
        scores = {head: file[head] for head in HEADS if file[head]}
        print_table(
            [Column(""), *numbers("n", "macro-F1", "ECE")],
            [
                [head, f"{score['n']:,}", f"{score['macro_f1']:.3f}", f"{score['ece']:.3f}" if "ece" in score else ""]
                for head, score in scores.items()
            ],
        )
        if net := file["net_sentiment"]:
            true, estimate, low, high = (signed(net[key]) for key in ("truth", "estimate", "low", "high"))
            console.print(f"net sentiment: {true}, estimated {estimate} ({low} to {high})")
        _print_languages(file)
        _print_mistakes(file)


def _print_languages(file: dict[str, Any]) -> None:
    languages = (file["sentiment"] or {}).get("per_language") or {}
    if len(languages) > 1:
        shown = ", ".join(
            f"{lang} {score['macro_f1']:.3f} (n {score['n']:,})" for lang, score in sorted(languages.items())
        )
        console.print(f"sentiment macro-F1 by language: {shown}")


def _print_mistakes(file: dict[str, Any]) -> None:
    for head, matrix in file.get("confusion", {}).items():
        print_line(f"{head}: rows true, columns predicted")
        rows = zip(matrix["classes"], matrix["counts"], strict=True)
        print_table(
            [Column(""), *numbers(*matrix["classes"])],
            [[name, *(f"{count:,}" for count in counts)] for name, counts in rows],
        )
    for mistake in file.get("mistakes", []):
        said = f"{mistake['head']}: {mistake['predicted']} ({mistake['confidence']:.2f}), should be {mistake['true']}"
        print_line(f"{said}: {mistake['text']}")


@app.command()
def model() -> None:
    """Show the bundled model's card: data, quality, what it gets wrong, intended use."""
    from analysis import bundled_revision  # noqa: PLC0415

    card = resources.files("analysis.classifier") / "MODEL_CARD.md"
    named = f"Revision, as reports and `layoffs doctor` name it: {bundled_revision()}"
    text = f"{named}\n\n{card.read_text(encoding='utf-8')}"
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        typer.echo(text)
