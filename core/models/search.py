"""Looking for models on the Hub and reading their labels: size, licence, languages, and whether they can be used here.

Nothing of a model's weights comes down: its configuration and the headers of its weights are some kilobytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.data.hub_answers import awaited
from core.errors import LessonError
from core.models import fetch, folder, hub
from core.models.answers import in_words
from core.models.fit import Shape, by_size
from core.models.kind import kind_of

SEARCH_SECONDS, LOOK_SECONDS = 15.0, 20.0
TASKS = {"write": "text-generation", "summarize": "summarization"}
OPEN, AUTOMATIC, BY_HAND = "open", "auto", "manual"  # who may have it: anyone, who accepts, whom its owners approve
_TEXT_TASKS = {"text-generation", "summarization", "translation", "text2text-generation", ""}
_FIELDS = ["cardData", "downloads", "gated", "likes", "pipeline_tag", "safetensors", "tags"]
_INSTRUCT_TAGS = {"conversational"}
_INSTRUCT_NAMES = ("instruct", "-chat", "-it", "-sft", "-dpo")
_MOST_HEADERS = 8  # files of weights whose headers are read; a model of more of them fits no machine of ours
_NOT_LANGUAGES = {"code", "multilingual"}


@dataclass(frozen=True)
class Label:
    """What the Hub says of a model: empty, or 0, where it says nothing.

    `trouble` is why it cannot be used here, as far as that shows: `pickled`, `code`, `not_text`, or "".
    """

    id: str
    parameters: int = 0
    licence: str = ""
    languages: tuple[str, ...] = ()
    access: str = OPEN
    instruct: bool = False
    downloads: int = 0
    likes: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class Looked:
    """A model of the Hub, looked at. `bytes` would come down, `shape` is its own, or (`is_rough`) by its size alone.

    `may_have` says whether its files are given to whoever asks now; `context`, `kind` and `family` are 0 and ""
    where they are not.
    """

    label: Label
    bytes: int
    shape: Shape
    may_have: bool = True
    is_rough: bool = False
    context: int = 0
    kind: str = ""
    family: str = ""


def search(words: str, language: str = "", task: str = "", limit: int = 12, token: str | None = None) -> list[Label]:
    """Answers the models whose name has `words`, the most downloaded first.

    With `language`, a code, only those that say it is theirs; with `task`, one of TASKS, only those made for it.
    Raises LessonError, see `core.models.answers`.
    """
    from huggingface_hub import HfApi

    asked: Any = {
        "search": words.strip() or None,
        "filter": [language] if language else None,
        "pipeline_tag": TASKS.get(task),
        "sort": "downloads",
        "limit": limit,
        "expand": _FIELDS,
    }
    with in_words(words.strip() or language or TASKS.get(task, "—")):
        api = HfApi(token=token or False)
        found = awaited(lambda _: list(api.list_models(**asked)), SEARCH_SECONDS)
    return [label(info) for info in found]


def look(id: str, token: str | None = None) -> Looked:
    """Reads a model's label, configuration and headers of weights.

    Raises LessonError: `model_not_a_name`, `model_not_found`, `pickled_weights`, `model_needs_code`, `not_a_writer`,
    `unknown_architecture`, `no_tokenizer`, `model_incomplete`, and what `core.models.answers` says. One that is gated
    is answered all the same, with what everybody may know of it.
    """
    if not hub.is_hub_id(id):
        raise LessonError("model_not_a_name", model=id)
    with in_words(id):
        return awaited(lambda _: _look(id, token), LOOK_SECONDS)


def _look(id: str, token: str | None) -> Looked:
    from huggingface_hub import HfApi

    api = HfApi(token=token or False)
    info = api.model_info(id, timeout=fetch.ANSWER_SECONDS, files_metadata=True)
    said, files = label(info), fetch.sizes(id, info.siblings or [])
    if said.access != OPEN and not _is_given(api, id):
        return Looked(said, sum(files.values()), by_size(said.parameters), may_have=False, is_rough=True)
    if "config.json" not in files:
        raise LessonError("model_incomplete", folder=id, files="config.json")
    config = _config(id, token)
    kind = _kind(config, id)
    if not folder.has_tokenizer(list(files)):
        raise LessonError("no_tokenizer", folder=id)
    weights = [name for name in files if name.endswith(".safetensors")]
    shapes = _shapes(api, id, weights) if len(weights) <= _MOST_HEADERS else []
    count = folder.count(shapes) or said.parameters
    own = Shape(count, sides=folder.sides(shapes), holds_logits=folder.holds_logits(config), **folder.widths(config))
    is_rough = not (shapes and own.hidden and own.layers)
    return Looked(
        said,
        sum(files.values()),
        by_size(count) if is_rough else own,
        is_rough=is_rough,
        context=folder.context_of(config),
        kind=kind,
        family=str(config.get("model_type", "")),
    )


def label(info: Any) -> Label:
    """Reads what the Hub says of a model; owners leave out, or invent, whatever they like."""
    card = info.card_data.to_dict() if info.card_data else {}
    tags = [str(tag) for tag in info.tags or []]
    of = lambda name: tuple(tag.partition(":")[2] for tag in tags if tag.startswith(f"{name}:"))  # noqa: E731
    licence = card.get("license") or next(iter(of("license")), "")
    if licence == "other":
        licence = card.get("license_name") or licence
    spoken = card.get("language") or [tag for tag in tags if len(tag) == 2]
    languages = [spoken] if isinstance(spoken, str) else spoken
    numbers = info.safetensors
    return Label(
        id=info.id,
        parameters=int(numbers.total) if numbers else 0,
        licence=str(licence[0] if isinstance(licence, list) and licence else licence or ""),
        languages=tuple(str(one) for one in languages if str(one) not in _NOT_LANGUAGES),
        access=str(info.gated) if info.gated else OPEN,
        instruct=bool(_INSTRUCT_TAGS & set(tags)) or any(part in info.id.lower() for part in _INSTRUCT_NAMES),
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        trouble=_trouble(info, tags),
    )


def _trouble(info: Any, tags: list[str]) -> str:
    if (info.pipeline_tag or "") not in _TEXT_TASKS:
        return "not_text"
    if "custom_code" in tags:
        return "code"
    names = [file.rfilename for file in info.siblings or []]
    has_safe = bool(info.safetensors) or "safetensors" in tags or any(n.endswith(".safetensors") for n in names)
    return "" if has_safe else "pickled"


def _is_given(api: Any, id: str) -> bool:
    """Says whether the files of a gated model are given to whoever asks."""
    from huggingface_hub.errors import GatedRepoError

    try:
        api.auth_check(id)
    except GatedRepoError:
        return False
    return True


def _config(id: str, token: str | None) -> dict:
    """Answers a model's configuration, of a few kilobytes. Raises LessonError `model_incomplete`."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    headers = build_hf_headers(token=token or False)
    answer = get_session().get(hf_hub_url(id, "config.json"), headers=headers, timeout=fetch.ANSWER_SECONDS)
    hf_raise_for_status(answer)
    try:
        config = answer.json()
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise LessonError("model_incomplete", folder=id, files="config.json")
    return config


def _kind(config: Mapping, id: str) -> str:
    """As `kind_of`; where the architecture is not ours and a program comes with the model, it is that program's.

    Raises LessonError `model_needs_code`.
    """
    try:
        return kind_of(config, id)
    except LessonError as error:
        if error.code == "unknown_architecture" and config.get("auto_map"):
            raise LessonError("model_needs_code", model=id) from error
        raise


def _shapes(api: Any, id: str, weights: list[str]) -> list[tuple[str, list[int]]]:
    """Answers every tensor's name and shape, from the headers of the weights; [] where one cannot be read."""
    from huggingface_hub.errors import NotASafetensorsRepoError, SafetensorsParsingError

    try:
        read = [api.parse_safetensors_file_metadata(id, name, timeout=fetch.ANSWER_SECONDS) for name in weights]
    except (NotASafetensorsRepoError, SafetensorsParsingError):
        return []
    return [(name, list(tensor.shape)) for one in read for name, tensor in one.tensors.items()]
