"""Base and adapter as one model: made when she asks, and taken home."""

from core.sharing import merged
from core.texts import Words
from core.training.runs import Run
from core.ui import making_panel


def show(run: Run, words: Words) -> None:
    made = merged.is_made(run)
    if made:
        making_panel.take(words, "merged", merged.folder(run), f"{words('merged.file_name')}-{run.name}.zip")
    making_panel.offer(words, "merged", merged.told(run), lambda: merged.start(run, words.language), made)
