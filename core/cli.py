"""The command line: `python3 -m core COMMAND`, with the same functions that the pages call."""

import argparse
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core import project as projects
from core import storage, texts
from core.commands import inside, learn, pretrain, share, terminal
from core.data.table import PIECES
from core.errors import LessonError
from core.sharing.chapbook.choices import SECTIONS, SET_OFF
from core.tasks import TASKS
from core.texts import Words

Run = Callable[[argparse.Namespace], None]
Command = Callable[..., argparse.ArgumentParser]  # name, what it does, and the words for its run's folder


def main(arguments: list[str]) -> int:
    """Runs one command.

    Answers the exit status: 0; 2, with one sentence on stderr; 130 where she stopped it; 1, with a sentence for her,
    where the fault is ours. Away from a terminal that one is raised.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except LessonError as error:
        print(" ".join(str(texts.explain(error, terminal.language(options))).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        raise
    except Exception:
        if not sys.stderr.isatty():
            raise  # what the pages start has its log behind it
        log = projects.workspace() / "error.txt"
        with suppress(LessonError):  # on a full disk the sentence alone
            storage.write_text(log, traceback.format_exc())
        print(texts.words(terminal.language(options), "command")("our_fault", log=log), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    words = texts.words(terminal.language(argparse.Namespace()), "command")
    parser = argparse.ArgumentParser(prog="python3 -m core", description=words("adapt"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, on: str = "") -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words(name), description=words(name))
        added.set_defaults(run=run)
        added.add_argument("--language", choices=texts.LANGUAGES, help=words("option.language"))
        if on:
            added.add_argument("run_folder", metavar="RUN", type=Path, help=words(on))
        return added

    _learning(command, words)
    _taking_away(command, words)
    _publishing(command, words)
    _from_nothing(command, words)
    _behind_the_pages(command, words)
    return parser


def _learning(command: Command, words: Words) -> None:
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
    one = command("train", learn.train, "option.run")
    one.add_argument("--finish", action="store_true", help=words("option.finish"))
    one = command("evaluate", learn.evaluate, "option.run")
    one.add_argument("--again", action="store_true", help=words("option.again"))
    one.add_argument("--json", action="store_true", help=words("option.json"))
    one = command("generate", learn.generate, "option.kept")
    one.add_argument("prompt", metavar="PROMPT", help=words("option.prompt"))
    one.add_argument("--model", default="", metavar="ID_OR_FOLDER", help=words("option.kept_model"))
    one.add_argument("--base", action="store_true", help=words("option.base"))
    one.add_argument("--temperature", type=float, default=0.8, help=words("option.temperature"))
    one.add_argument("--tokens", type=int, default=60, help=words("option.tokens"))
    one.add_argument("--seed", type=int, default=7, help=words("option.seed"))


def _taking_away(command: Command, words: Words) -> None:
    command("merge", share.merge, "option.run")
    one = command("gguf", share.gguf, "option.run")
    one.add_argument("--quantisation", default="q8_0", choices=["q8_0", "f16"], help=words("option.quantisation"))
    one = command("notebook", share.notebook, "option.run")
    one.add_argument("--lessons", action="store_true", help=words("option.lessons"))
    one = command("chapbook", share.chapbook, "option.run")
    one.add_argument("--pdf", action="store_true", help=words("option.pdf"))
    for name in ("title", "author", "dedication"):
        one.add_argument(f"--{name}", help=words(f"option.{name}"))
    one.add_argument("--set-off", choices=SET_OFF, help=words("option.set_off"))
    one.add_argument("--without", action="append", default=[], choices=SECTIONS, help=words("option.without"))
    one.add_argument("--again", action="store_true", help=words("option.write_again"))
    one = command("capsule", share.capsule)
    one.add_argument("project_folder", metavar="PROJECT", type=Path, help=words("option.project"))
    one.add_argument("--without-texts", action="store_true", help=words("option.without_texts"))
    one = command("open", share.open_capsule)
    one.add_argument("file", metavar="FILE", type=Path, help=words("option.capsule"))
    one.add_argument("--workspace", metavar="DIR", help=words("option.workspace"))


def _publishing(command: Command, words: Words) -> None:
    from core.sharing import gate

    one = command("publish", share.publish, "option.run")
    one.add_argument("--name", required=True, metavar="NAME", help=words("option.name"))
    for option in ("public", "merged", "update"):
        one.add_argument(f"--{option}", action="store_true", help=words(f"option.{option}"))
    one.add_argument("--texts", choices=gate.TEXTS, help=words("option.whose"))
    one.add_argument("--people", choices=gate.PEOPLE, help=words("option.people"))
    one.add_argument("--licence", metavar="NAME", help=words("option.licence"))
    one = command("remote", share.remote, "option.run_or_project")
    one.add_argument("--machine", metavar="NAME", help=words("option.machine"))
    one.add_argument("--machines", action="store_true", help=words("option.machines"))
    one.add_argument("--hours", type=float, default=1.0, help=words("option.hours"))
    one.add_argument("--yes", action="store_true", help=words("option.yes"))
    one.add_argument("--cancel", action="store_true", help=words("option.cancel"))


def _from_nothing(command: Command, words: Words) -> None:
    one = command("pretrain", pretrain.pretrain)
    one.add_argument("recipe", metavar="RECIPE", type=Path, help=words("option.from_nothing"))
    one.add_argument("--corpora", type=Path, metavar="DIR", help=words("option.corpora"))
    one.add_argument("--folder", type=Path, metavar="DIR", help=words("option.made_in"))
    long = one.add_mutually_exclusive_group()
    long.add_argument("--minutes", type=float, metavar="N", help=words("option.minutes"))
    long.add_argument("--steps", type=int, metavar="N", help=words("option.steps"))


def _behind_the_pages(command: Command, words: Words) -> None:
    command("promise", inside.promise, "option.run")
    command("tasting", inside.tasting, "option.run")
    command("copies", inside.copies, "option.run")
    command("serve", inside.serve)
    command("ready", inside.ready)
    command("read", inside.read)
    one = command("download", inside.download)
    one.add_argument("model", metavar="MODEL", help=words("option.hub_model"))
    one.add_argument("folder", metavar="FOLDER", type=Path, help=words("option.told"))
    one.add_argument("--most-mb", type=int, default=0, metavar="N", help=words("option.most_mb"))
    command("clear", inside.clear).add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
