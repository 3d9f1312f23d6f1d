"""What a chat template puts around a question and its answer.

A template is a program that came with a model. It is rendered by a child process with little time, in Jinja's
sandbox, as transformers does: it sees what it is given and nothing of the machine.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache

from core.processes import ROOT

_QUESTION, _ANSWER = "QUESTIONc1f0a7", "ANSWERc1f0a7"  # stand where the texts will; no template holds them by chance
_SECONDS = 10


def state(template: str, names: Mapping[str, str]) -> str:
    """Says whether a template can be used: `chat`, `broken`, or `none` where there is none."""
    return "none" if not template else "broken" if around(template, names, "") is None else "chat"


def around(template: str, names: Mapping[str, str], instruction: str) -> tuple[str, str, str] | None:
    """Answers what stands before a source, between source and answer, and after the answer.

    None where the template cannot be rendered, or does not hold both, once and in this order. `names` are special
    tokens by role (`bos_token`, …).
    """
    return _around(template, tuple(sorted(names.items())), instruction) if template else None


@lru_cache(maxsize=16)
def _around(template: str, names: tuple[tuple[str, str], ...], instruction: str) -> tuple[str, str, str] | None:
    messages = [
        {"role": "user", "content": f"{instruction}\n\n{_QUESTION}".lstrip()},
        {"role": "assistant", "content": _ANSWER},
    ]
    question = {"template": template, "variables": {**dict(names), "messages": messages}}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "core.tokens.render"],
            cwd=ROOT,
            input=json.dumps(question).encode(),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
        rendered = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    before, question_mark, rest = rendered.partition(_QUESTION)
    between, answer_mark, after = rest.partition(_ANSWER)
    if not (question_mark and answer_mark) or any(text in between + after for text in (_QUESTION, _ANSWER)):
        return None
    return before, between, after
