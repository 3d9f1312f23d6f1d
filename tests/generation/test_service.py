"""A real child process that holds models, asked as the pages ask it."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import make_models
import psutil
import pytest

from core.errors import LessonError
from core.generation import pairs, whole
from core.generation.generate import Sampling, next_tokens, stream
from core.generation.loaded import Loaded
from core.generation.serve import ASK
from core.generation.service import Service
from core.models.folder import find
from core.tasks import TASKS
from core.tokens.encode import prompt_ids

MODEL = find("classroom")
CALM = Sampling(temperature=0, max_new_tokens=12)
LONG = Sampling(seed=2, max_new_tokens=400, temperature=1)


def children() -> set[psutil.Process]:
    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # one that has ended meanwhile
            if "serve" in child.cmdline():
                found.add(child)
    return found


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    before = children()
    service = Service()
    service.warm()
    yield service
    for child in children() - before:
        child.kill()


@pytest.fixture(scope="module")
def child(service: Service) -> Callable[[], psutil.Process]:
    return lambda: max(children(), key=lambda process: process.create_time())


def said(steps) -> str:
    return "".join(step.text for step in steps)


def here(loaded: Loaded, prompt: str, task: str, sampling: Sampling) -> str:
    ids = prompt_ids(prompt, TASKS[task], loaded.tokenizer, "es", loaded.context - sampling.max_new_tokens)
    return said(stream(loaded, ids, sampling))


def test_it_answers_what_comes_next(service: Service, classroom: Loaded):
    asked = Sampling(1, top_p=1)
    answered = service.next_tokens(MODEL, "Había una", asked, count=4)
    ids = prompt_ids("Había una", TASKS["write"], classroom.tokenizer, "es", classroom.context)
    expected = next_tokens(classroom, ids, asked, count=4)
    assert len(answered) == 4
    assert answered[0].text == expected[0].text
    assert answered[0].probability == pytest.approx(expected[0].probability, rel=0.1), "the child may work in bf16"


def test_it_streams_a_text_piece_by_piece(service: Service):
    steps = list(service.stream(MODEL, "Había una vez", CALM))
    assert 1 < len(steps) <= 12
    assert steps[0].alternatives[0].probability == 1
    assert said(steps) == said(service.stream(MODEL, "Había una vez", CALM))


def test_it_puts_the_prompt_in_the_form_of_the_task(service: Service, classroom: Loaded):
    note = "El club del barrio abre la pileta el sábado. La entrada es libre y hay clases de natación."
    assert said(service.stream(MODEL, note, CALM)) != said(service.stream(MODEL, note, CALM, task="summarize"))


SENTENCE = "El pan está sobre la ___ de la cocina."


def test_it_tells_which_of_several_words_makes_the_likeliest_sentence(service: Service, classroom: Loaded):
    answered = service.compare(MODEL, SENTENCE, ["luna", "mesa"])
    expected = whole.compare(classroom, SENTENCE, ["luna", "mesa"])
    assert [option.text for option in answered] == [option.text for option in expected] == ["mesa", "luna"]
    assert answered[0].share == pytest.approx(expected[0].share, rel=0.1)


def test_it_tells_how_surprising_texts_are(service: Service, classroom: Loaded):
    texts = ["La noche de la ciudad", "Ciudad noche la la de"]
    answered, expected = service.surprise(MODEL, texts), whole.surprise(classroom, texts)
    assert [score.tokens for score in answered] == [score.tokens for score in expected]
    assert answered[0].nats == pytest.approx(expected[0].nats, rel=0.1)
    assert answered[0].perplexity < answered[1].perplexity


def test_it_compares_two_beginnings(service: Service, classroom: Loaded):
    (pair, *_) = pairs.given("es")
    answered = service.pairs(MODEL, pair.left, pair.right, [pair.word], count=2)
    (expected, *_) = pairs.compare(classroom, pair.left, pair.right, [pair.word], count=0)
    assert len(answered) == 3
    assert (answered[0].word, answered[0].asked, answered[0].likelier) == (pair.word, True, expected.likelier)
    assert answered[0].left == pytest.approx(expected.left, rel=0.1)


def test_a_guest_fills_gaps_beside_the_model_that_writes(service: Service, child, tmp_path: Path):
    guest, pid = make_models.make_masked(tmp_path / "bert"), child().pid
    assert len(service.fill(guest, "El taller abre en la ___ del pueblo.", count=4)) == 4
    with pytest.raises(LessonError, match="no_gap"):
        service.fill(guest, "Sin lugar")
    with pytest.raises(LessonError, match="not_masked"):
        service.fill(MODEL, SENTENCE)
    with pytest.raises(LessonError) as refused:
        service.compare(MODEL, SENTENCE, ["una"])
    assert refused.value.facts == {"found": 1}, "a number stays a number"
    assert service.next_tokens(MODEL, "Hola", CALM)
    assert child().pid == pid


def test_a_request_is_read_as_it_stands_by_a_model_that_was_not_taught_to_talk(service: Service):
    asked = "Pregunta: ¿De qué color es la nieve?\nRespuesta:"
    assert said(service.stream(MODEL, asked, CALM, task=ASK)) == said(service.stream(MODEL, asked, CALM))


def test_whoever_stops_listening_is_not_answered_any_more_and_the_next_question_is(service: Service):
    expected = said(service.stream(MODEL, "La casa", CALM))
    for heard in (1, 2, 5):
        listening = service.stream(MODEL, "Érase", LONG)
        for _ in range(heard):
            next(listening)
        listening.close()
        assert said(service.stream(MODEL, "La casa", CALM)) == expected


def test_an_error_comes_back_as_a_lesson_error_and_the_child_goes_on(service: Service, child, tmp_path: Path):
    pid = child().pid
    with pytest.raises(LessonError) as refused:
        service.next_tokens(tmp_path, "Hola", CALM)
    assert (refused.value.code, refused.value.facts) == ("model_folder_empty", {"folder": tmp_path.name})
    with pytest.raises(LessonError) as refused:
        list(service.stream(MODEL, "Hola", CALM, adapter=tmp_path))
    assert refused.value.code == "broken_adapter"
    assert service.next_tokens(MODEL, "Hola", CALM)
    assert child().pid == pid


def test_a_bug_of_ours_is_told_as_ours(service: Service, tmp_path: Path):
    model = shutil.copytree(MODEL, tmp_path / "model")
    with pytest.raises(LessonError) as refused:
        list(service.stream(model, "Hola", CALM, task="no such task"))
    assert refused.value.code == "our_fault"
    assert service.next_tokens(MODEL, "Hola", CALM)


def test_a_child_that_dies_while_it_writes_is_said_and_another_takes_its_place(service: Service, child):
    dead = child()
    listening = service.stream(MODEL, "Érase", LONG)
    next(listening)
    dead.kill()
    with pytest.raises(LessonError) as refused:
        list(listening)
    assert refused.value.code == "model_process_died"
    assert service.next_tokens(MODEL, "Hola", CALM)
    assert child().pid != dead.pid


def test_where_memory_is_wanted_the_child_goes_unless_it_is_answering(service: Service):
    before = children()
    spare = Service()
    spare.warm()
    (child,) = children() - before
    spare.rest()
    assert not child.is_running()
    spare.rest()  # and again, where there is none
    written = service.stream(MODEL, "La lluvia", CALM)
    next(written)
    service.rest()
    assert list(written), "who was being answered still is"


# ------------------------------------------------------------------ many who ask


def test_of_many_who_ask_at_once_each_gets_the_answer_to_her_own_question(service: Service, classroom: Loaded):
    prompts = ["Anoche, en la cocina,", "La casa de mi abuela", "Mi abuela decía que", "Había una vez", "En la isla"]

    def ask(prompt: str) -> str:
        abandoned = service.stream(MODEL, "Quien se va", LONG)  # and before, somebody who does not stay to listen
        next(abandoned)
        abandoned.close()
        return said(service.stream(MODEL, prompt, CALM))

    with ThreadPoolExecutor(len(prompts)) as people:
        assert list(people.map(ask, prompts)) == [here(classroom, prompt, "write", CALM) for prompt in prompts]


def test_on_a_shared_server_whoever_waits_long_is_told_and_no_more_processes_are_begun(service: Service, monkeypatch):
    monkeypatch.setattr(service, "_patience", 0.3)
    before = children()
    talking = service.stream(MODEL, "Un día", LONG)
    next(talking)
    with pytest.raises(LessonError, match="models_busy"):
        service.next_tokens(MODEL, "Había", CALM)
    talking.close()
    assert service.next_tokens(MODEL, "Había", CALM)
    assert children() == before
