"""What she wrote (a name, a word, a column's title) in the middle of Markdown: shown as it is.

Unescaped, a file called `![](https://…)` would make her browser ask another machine for a picture.
"""

from core import texts
from core.models.folder import CLASSROOM, public_name
from core.texts import Words


def plain(text: object) -> str:
    """Escapes what Markdown and HTML would take for markup; for words that stand outside a code span."""
    return texts.escaped(str(text))


def in_code(text: str) -> str:
    """Answers `text` as it may stand between two backticks: in one line, and without one of its own."""
    return " ".join(text.replace("`", "'").split())


def model_name(reference: str, words: Words) -> str:
    """Answers how a base model is called on a page: the classroom's by a name of its own, others as they are known."""
    return words("model.classroom") if reference == CLASSROOM else plain(public_name(reference))
