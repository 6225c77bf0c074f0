"""From data to the shipped artefact in one command.

    python -m training --data ../shared/data --base ../base --out training/out

trains (or goes on where it was stopped), calibrates, exports, compares int8 with float32 and measures on the held-out
posts. `--install` then copies the artefact into the package together with its hashes. With `--pretrain-epochs` the encoder first learns
to guess masked words of the texts; with `--teachers` as many networks are trained before, whose judgement the shipped one learns too.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from store import LayoffsError
from training.distil import write_targets
from training.fit import fit
from training.pretrain import pretrain
from training.recipe import Pretraining, Recipe
from training.release import install, refuse_unfit, release
from training.splits import FOLDS
from training.unpack import checkpoint


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
    parser.add_argument("--pretrain-epochs", type=int, default=0, help="passes of masked-language training")
    parser.add_argument("--teachers", type=int, default=0, help=f"networks to learn from; {FOLDS} see every text once")
    arguments = parser.parse_args()
    if arguments.only == "fit" and arguments.install:
        parser.error("--only fit makes no artefact that --install could copy; leave one of them out")
    try:
        recipe = Recipe(**{field.name: getattr(arguments, field.name) for field in dataclasses.fields(Recipe)})
        run(arguments, recipe)
    except LayoffsError as error:
        parser.exit(error.exit_code, f"{error}\n")


def run(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """The steps that were asked for; a release that can't be made is refused before the hours of training."""
    if arguments.only is None:
        refuse_unfit(arguments.data)
    if arguments.only != "release":
        train(arguments, recipe)
    if arguments.only != "fit":
        release(arguments.data, arguments.out / "model", arguments.out / "artefact")
        if arguments.install:
            install(arguments.out / "artefact")


def train(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Pretrain, train the teachers, and train the network that is shipped: what is done is not done again."""
    data, out, base = arguments.data, arguments.out, checkpoint(arguments.base, arguments.out)
    if arguments.pretrain_epochs:
        base = str(pretrain(data, base, out / "pretrained", Pretraining(arguments.pretrain_epochs, seed=recipe.seed)))
    targets = None
    if arguments.teachers:
        teachers = []
        for n in range(arguments.teachers):
            taught = dataclasses.replace(recipe, seed=recipe.seed + 10 + n, left_out=n % FOLDS)
            teachers.append(fit(data, base, out / f"teacher-{n}", taught))
        targets = out / "targets.npz"
        write_targets(data, teachers, targets)
    fit(data, base, out, recipe, targets)


if __name__ == "__main__":
    main()
