"""`summarize`: shorten like these examples. Only the summary is scored.

The form, the text, a blank line and the word «Resumen:», is the one that the classroom model met
in its training.
"""

from core.tasks.task import Task

_CUE = {"es": "Resumen:", "en": "Summary:"}
# For the models, which met this Spanish more often than our own.
_INSTRUCTION = {"es": "Resume este texto:", "en": "Summarize this text:"}

SUMMARIZE = Task(
    code="summarize",
    columns=("text", "summary"),
    column_names={
        "text": (
            "text",
            "texto",
            "nota",
            "cuerpo",
            "body",
            "article",
            "articulo",
            "documento",
            "document",
            "source",
        ),
        "summary": (
            "summary",
            "resumen",
            "abstract",
            "bajada",
            "sintesis",
            "titulo",
            "title",
            "headline",
            "target",
        ),
    },
    source=lambda row: row["text"],
    cue=lambda language: f"\n\n{_CUE[language]}",
    completion=lambda row: f" {row['summary']}",
    instruction=lambda language: _INSTRUCTION[language],
    metrics=("perplexity", "rouge"),
    sample="notes",
)
