"""From data to the shipped artefact in one command.

    python -m training --data ../shared/data --base ../base --out training/out

trains (or goes on where it was stopped), calibrates, exports, compares int8 with float32 and measures on the held-out
posts. `--install` then copies the artefact into the package together with its hashes.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from training.fit import Recipe, fit
from training.release import install, release


def main() -> None:
    """Parse the command line and run all steps."""
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with sentiment/, emotion/ and layoffs/")
    parser.add_argument("--base", required=True, help="folder or hub id of the encoder to start from")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints, model and artefact go here")
    parser.add_argument("--only", choices=("fit", "release"), help="stop after training, or start from its result")
    parser.add_argument("--install", action="store_true", help="copy the artefact into the package")
    for field in dataclasses.fields(Recipe):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    arguments = parser.parse_args()
    recipe = Recipe(**{field.name: getattr(arguments, field.name) for field in dataclasses.fields(Recipe)})
    if arguments.only != "release":
        fit(arguments.data, arguments.base, arguments.out, recipe)
    if arguments.only != "fit":
        release(arguments.data, arguments.out / "model", arguments.out / "artefact")
        if arguments.install:
            install(arguments.out / "artefact")


if __name__ == "__main__":
    main()
