"""What lies beside a GGUF file, so that each program asks the model as it was taught: Modelfile, template, commands."""

from dataclasses import dataclass
from pathlib import Path

from core import texts
from core.generation.generate import Sampling
from core.models import folder as models
from core.tasks import TASKS
from core.tokens import chat
from core.tokens import form as forms
from core.tokens.tokenizer import Tokenizer
from core.training.runs import Run

_FILE = {"es": "LEEME.md", "en": "README.md"}


@dataclass(frozen=True)
class Frame:
    """What stands before and after what she types, as in training, and the `template` (Jinja) that says the same.

    Where it `adds_bos`, the program puts the id that begins a text before it.
    """

    before: str
    after: str
    template: str
    adds_bos: bool


def frame(run: Run, tokenizer: Tokenizer) -> Frame:
    """Answers the form in which a run's model learned its task; see `core.tokens.form`.

    A model that has no chat of its own is given a template that adds nothing but the task's cue: what she types in a
    chat window is then the beginning that it goes on from, or the text that it shortens.
    """
    record = run.record()
    task, language = TASKS[record["task"]], record["language"]
    if forms.of(tokenizer, task, language).code == forms.CHAT:
        around = chat.around(tokenizer.template, tokenizer.names, task.instruction(language)) or ("", "", "")
        return Frame(around[0], around[1], tokenizer.template, False)
    cue = task.cue(language)
    all_she_said = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    template = f"{{{{ messages[-1]['content'] }}}}{cue}" if cue else all_she_said
    return Frame("", cue, template, tokenizer.bos_id is not None)


def write(folder: Path, file_name: str, run: Run, asked: Frame, language: str) -> None:
    """Writes in `folder` the Modelfile of Ollama, and in `language` how to open the file with each program."""
    base = Path(run.record()["model_folder"])
    (folder / "Modelfile").write_text(modelfile(f"./{file_name}", base, asked), encoding="utf-8")
    words = texts.words(language, "gguf")
    sampling, record = Sampling(), run.record()
    facts = {
        "file": file_name,
        "name": words("name"),
        "prompt": texts.words(record["language"], "gguf")("prompt.default"),
        "model": words("classroom") if record["model"] == models.CLASSROOM else models.public_name(record["model"]),
        "licence": models.licence(base) or words("no_licence"),
        "after": asked.after.replace("\n", "\\n"),
        "temperature": str(sampling.temperature),
        "top_p": str(sampling.top_p),
        "tokens": str(sampling.max_new_tokens),
    }
    sections = [f"# {words('title')}", words.body("title", **facts)]
    for program in ("ollama", "lm_studio", f"llama_cpp.{record['task']}", "licence"):
        sections += [f"## {words(program)}", words.body(program, **facts)]
    (folder / _FILE[language]).write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def modelfile(source: str, base: Path, asked: Frame) -> str:
    """Answers Ollama's Modelfile, with the workshop's own way of drawing words: of Ollama's, some are cut away."""
    sampling = Sampling()
    lines = [
        f"FROM {source}",
        f'TEMPLATE """{asked.before}{{{{ .Prompt }}}}{asked.after}"""',
        f"PARAMETER temperature {sampling.temperature}",
        f"PARAMETER top_p {sampling.top_p}",
        "PARAMETER top_k 0",
        "PARAMETER min_p 0",
        "PARAMETER repeat_penalty 1",
        f"PARAMETER num_ctx {models.context(base)}",
        f"PARAMETER num_predict {sampling.max_new_tokens}",
    ]
    if licence := models.licence(base):
        lines.append(f'LICENSE """{licence}"""')
    return "\n".join(lines) + "\n"
