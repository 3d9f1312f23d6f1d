"""`write`: continue in the style of these texts. The whole text is scored.

Nothing is asked of the model, even where it was taught to talk: what it learns is to go on from any beginning of hers,
and a beginning is no question. An instruction of ours would stand before every text of hers, and «Continue this:»
is answered with a remark as often as with a verse. A model taught to talk still goes on with a plain text.
"""

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
    instruction=lambda language: "",
    metrics=("perplexity",),
    sample="poems",
)
