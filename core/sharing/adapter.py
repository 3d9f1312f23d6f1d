"""The adapter as one ZIP: weights, configuration, a card, and the small base it needs where no one else has it."""

import io
import zipfile

from core import classroom
from core.errors import LessonError
from core.evaluation import evaluate
from core.models.folder import CLASSROOM
from core.project import Project
from core.sharing.card import card
from core.training.runs import Run


def pack(run: Run, project: Project, language: str) -> bytes:
    """Answers the ZIP of a finished run's adapter, in PEFT's layout, with a card in `language`; or of its whole model.

    The classroom model travels along in `base/`: it is small, and found nowhere else. Raises LessonError
    `run_not_finished`.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(run.adapter.iterdir()):
            if path.name != "README.md":  # of the library; ours follows
                archive.write(path, path.name)
        archive.writestr("README.md", card(run, project, evaluate.result(run), language))
        if _brings_its_base(run):
            for path in sorted(classroom.MODEL.iterdir()):
                archive.write(path, f"base/{path.name}")
    return buffer.getvalue()


def _brings_its_base(run: Run) -> bool:
    return run.record()["model"] == CLASSROOM and run.settings().method != "full"
