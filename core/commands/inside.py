"""What the pages start behind them, each in a process of its own."""

import argparse
import json
import sys

from core import processes, texts
from core.commands import terminal
from core.errors import LessonError


def ready(options: argparse.Namespace) -> None:
    from core.training import ready, runs, worker

    if folder := ready.wait():
        worker.train(runs.open_run(folder))


def promise(options: argparse.Namespace) -> None:
    from core.training import promise as promises
    from core.training import runs

    promises.measure(runs.open_run(options.run_folder))


def tasting(options: argparse.Namespace) -> None:
    from core.evaluation import tasting_pairs
    from core.training import runs

    print(json.dumps({"pairs": len(tasting_pairs.write(runs.open_run(options.run_folder)).pairs)}))


def copies(options: argparse.Namespace) -> None:
    from core.evaluation import copies
    from core.training import runs

    copies.read(runs.open_run(options.run_folder))


def serve(options: argparse.Namespace) -> None:
    from core.generation.serve import serve

    serve()


def read(options: argparse.Namespace) -> None:
    from core.data import apart

    apart.serve()


def download(options: argparse.Namespace) -> None:
    """Brings a model of the Hub; a token, where one is needed, is read from stdin."""
    from core.models import download as downloads

    token = sys.stdin.read().strip() if not sys.stdin.isatty() else ""
    downloads.run(options.model, options.folder, token, options.most_mb)


def clear(options: argparse.Namespace) -> None:
    """Takes old work off a shared server, as its pages do every hour."""
    import tomllib

    from core import clearing, limits

    secrets = processes.ROOT / ".streamlit" / "secrets.toml"
    if secrets.is_file():
        try:
            limits.publish(tomllib.loads(secrets.read_text(encoding="utf-8")).get("limits", {}))
        except (tomllib.TOMLDecodeError, AttributeError) as error:
            raise LessonError("secrets_unreadable", name=secrets) from error
    cleared = clearing.clear(terminal.root(options))
    words = texts.words(terminal.language(options), "command")
    print(words("clear.done", **vars(cleared)) if cleared else words("clear.busy"))
