"""A model from nothing: `python3 -m core pretrain RECIPE`."""

import argparse
import os
import sys
from pathlib import Path

from core import classroom
from core import project as projects
from core.commands import terminal


def pretrain(options: argparse.Namespace) -> None:
    """Makes the model of a recipe, or goes on making it."""
    from core.pretraining import make
    from core.pretraining import recipe as recipes

    recipe = recipes.lasting(recipes.read(options.recipe), options.minutes, options.steps)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    folder = options.folder or projects.workspace() / "pretraining" / recipe.name
    say = terminal.teller(terminal.language(options))
    corpora = options.corpora or Path(recipe.corpora or "corpora")
    made = make.make(recipe, corpora, folder.absolute(), say, classroom.MODEL)
    if made is None:
        sys.exit(130)
    print(made)
