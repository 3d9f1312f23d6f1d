"""The command line: `python3 -m core COMMAND`, with the same functions that the pages call."""

import argparse
import sys
from pathlib import Path

from core import texts
from core.commands import inside, learn, pretrain, share, terminal
from core.data.table import PIECES
from core.errors import LessonError
from core.sharing.chapbook.choices import SECTIONS, SET_OFF
from core.tasks import TASKS


def main(arguments: list[str]) -> int:
    """Runs one command. Answers the exit status: 0, or 2 with one sentence on stderr."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except LessonError as error:
        print(" ".join(str(texts.explain(error, terminal.language(options))).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    from core.sharing import gate

    words = texts.words(terminal.language(argparse.Namespace()), "command")
    parser = argparse.ArgumentParser(prog="python3 -m core", description=words("adapt"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words(name), description=words(name))
        added.set_defaults(run=run)
        added.add_argument("--language", choices=texts.LANGUAGES, help=words("option.language"))
        return added

    one = command("adapt", learn.adapt)
    one.add_argument("texts", metavar="TEXTS", help=words("option.texts"))
    one.add_argument("--task", choices=list(TASKS), help=words("option.task"))
    one.add_argument("--text-column", metavar="C", help=words("option.text_column"))
    one.add_argument("--summary-column", metavar="C", help=words("option.summary_column"))
    one.add_argument("--group-column", metavar="C", help=words("option.group_column"))
    one.add_argument("--sheet", default="", metavar="NAME", help=words("option.sheet"))
    one.add_argument("--pieces", default="", choices=PIECES, help=words("option.pieces"))
    one.add_argument("--separator", default="", metavar="LINE", help=words("option.separator"))
    one.add_argument("--recipe", type=Path, metavar="FILE", help=words("option.recipe"))
    one.add_argument("--model", default="classroom", metavar="ID_OR_FOLDER", help=words("option.model"))
    one.add_argument("--dial", choices=["quick", "balanced", "thorough"], default="quick", help=words("option.dial"))
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=words("option.set"))
    one.add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
    one.add_argument("--json", action="store_true", help=words("option.json"))
    on_a_run = (
        learn.train, learn.evaluate, inside.promise, inside.tasting, inside.copies,
        share.merge, share.gguf, share.notebook, share.chapbook, share.remote,
    )  # fmt: skip
    for run in on_a_run:
        said = words("option.run_or_project" if run is share.remote else "option.run")
        command(run.__name__, run).add_argument("run_folder", metavar="RUN", type=Path, help=said)
    commands.choices["train"].add_argument("--finish", action="store_true", help=words("option.finish"))
    measured = commands.choices["evaluate"]
    measured.add_argument("--again", action="store_true", help=words("option.again"))
    measured.add_argument("--json", action="store_true", help=words("option.json"))
    asked = command("generate", learn.generate)
    asked.add_argument("run_folder", metavar="RUN", type=Path, help=words("option.kept"))
    asked.add_argument("prompt", metavar="PROMPT", help=words("option.prompt"))
    asked.add_argument("--model", default="", metavar="ID_OR_FOLDER", help=words("option.kept_model"))
    asked.add_argument("--base", action="store_true", help=words("option.base"))
    asked.add_argument("--temperature", type=float, default=0.8, help=words("option.temperature"))
    asked.add_argument("--tokens", type=int, default=60, help=words("option.tokens"))
    asked.add_argument("--seed", type=int, default=7, help=words("option.seed"))
    rounding = commands.choices["gguf"]
    rounding.add_argument("--quantisation", default="q8_0", choices=["q8_0", "f16"], help=words("option.quantisation"))
    commands.choices["notebook"].add_argument("--lessons", action="store_true", help=words("option.lessons"))
    renting = commands.choices["remote"]
    renting.add_argument("--machine", metavar="NAME", help=words("option.machine"))
    renting.add_argument("--machines", action="store_true", help=words("option.machines"))
    renting.add_argument("--hours", type=float, default=1.0, help=words("option.hours"))
    renting.add_argument("--yes", action="store_true", help=words("option.yes"))
    renting.add_argument("--cancel", action="store_true", help=words("option.cancel"))
    booklet = commands.choices["chapbook"]
    booklet.add_argument("--pdf", action="store_true", help=words("option.pdf"))
    for name in ("title", "author", "dedication"):
        booklet.add_argument(f"--{name}", help=words(f"option.{name}"))
    booklet.add_argument("--set-off", choices=SET_OFF, help=words("option.set_off"))
    booklet.add_argument("--without", action="append", default=[], choices=SECTIONS, help=words("option.without"))
    booklet.add_argument("--again", action="store_true", help=words("option.write_again"))
    packing = command("capsule", share.capsule)
    packing.add_argument("project_folder", metavar="PROJECT", type=Path, help=words("option.project"))
    packing.add_argument("--without-texts", action="store_true", help=words("option.without_texts"))
    opening = command("open", share.open_capsule)
    opening.add_argument("file", metavar="FILE", type=Path, help=words("option.capsule"))
    opening.add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
    command("serve", inside.serve)
    command("ready", inside.ready)
    command("read", inside.read)
    bringing = command("download", inside.download)
    bringing.add_argument("model", metavar="MODEL", help=words("option.hub_model"))
    bringing.add_argument("folder", metavar="FOLDER", type=Path, help=words("option.told"))
    bringing.add_argument("--most-mb", type=int, default=0, metavar="N", help=words("option.most_mb"))
    sharing = command("publish", share.publish)
    sharing.add_argument("run_folder", metavar="RUN", type=Path, help=words("option.run"))
    sharing.add_argument("--name", required=True, metavar="NAME", help=words("option.name"))
    for option in ("public", "merged", "update"):
        sharing.add_argument(f"--{option}", action="store_true", help=words(f"option.{option}"))
    sharing.add_argument("--texts", choices=gate.TEXTS, help=words("option.whose"))
    sharing.add_argument("--people", choices=gate.PEOPLE, help=words("option.people"))
    sharing.add_argument("--licence", metavar="NAME", help=words("option.licence"))
    making = command("pretrain", pretrain.pretrain)
    making.add_argument("recipe", metavar="RECIPE", type=Path, help=words("option.from_nothing"))
    making.add_argument("--corpora", type=Path, metavar="DIR", help=words("option.corpora"))
    making.add_argument("--folder", type=Path, metavar="DIR", help=words("option.made_in"))
    long = making.add_mutually_exclusive_group()
    long.add_argument("--minutes", type=float, metavar="N", help=words("option.minutes"))
    long.add_argument("--steps", type=int, metavar="N", help=words("option.steps"))
    command("clear", inside.clear).add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
    return parser
