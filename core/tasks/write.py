"""`write`: continue in the style of these texts. The whole text is scored."""

from core.tasks.task import Task

WRITE = Task(
    code="write",
    columns=("text",),
    column_names={
        "text": (
            "text",
            "texto",
            "poema",
            "poem",
            "cuerpo",
            "body",
            "contenido",
            "content",
            "carta",
            "verso",
            "letra",
        )
    },
    source=lambda row: "",
    cue=lambda language: "",
    completion=lambda row: row["text"],
    metrics=("perplexity",),
    sample="poems",
)
