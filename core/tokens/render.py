"""The child process that renders a chat template: `python -m core.tokens.render`, JSON in and JSON out."""

import json
import sys
from collections.abc import Mapping
from contextlib import suppress

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MOST_BYTES = 2_000_000_000  # of memory, where the system can hold a process to it
_TODAY = "26 Jul 2024"  # always the same day: a template that says today's must say it alike in training and after


class _Generation(Extension):
    """`{% generation %}` marks the answer for those who count its tokens; here it is the text inside."""

    tags = {"generation"}  # noqa: RUF012  (so Jinja wants it)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def render(template: str, variables: Mapping[str, object]) -> str:
    """Renders a template in the sandbox, with what transformers gives it. Raises jinja2's and Python's errors."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(value, ensure_ascii=False, **options)
    environment.globals |= {"raise_exception": _refuse, "strftime_now": lambda form: _TODAY}
    # Thinking is switched off where a template knows how: what is to be learned is the answer alone.
    given = {"tools": None, "documents": None, "add_generation_prompt": False, "enable_thinking": False, **variables}
    return environment.from_string(template).render(**given)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))


if __name__ == "__main__":
    _bound_memory()
    asked = json.load(sys.stdin)
    json.dump(render(asked["template"], asked["variables"]), sys.stdout)
