import dataclasses
import math
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.generation.generate import Sampling, complete, next_tokens, shape, stream
from core.generation.loaded import Loaded
from core.tasks import TASKS
from core.tokens.encode import prompt_ids

LOGITS = st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=60).map(torch.tensor)
TEMPERATURES = st.floats(0.05, 3)


def ids(loaded: Loaded, text: str) -> list[int]:
    return prompt_ids(text, TASKS["write"], loaded.tokenizer, "es", loaded.context)


def write(loaded: Loaded, prompt: str, **sampling: object) -> str:
    return "".join(step.text for step in stream(loaded, ids(loaded, prompt), Sampling(**sampling)))


# ------------------------------------------------------------------------------------------ how a token is drawn


@given(LOGITS, TEMPERATURES, st.integers(0, 70), st.floats(0, 1))
def test_probabilities_are_probabilities_however_they_are_bent(logits, temperature: float, top_k: int, top_p: float):
    shaped = shape(logits, Sampling(temperature, top_k, top_p))
    assert shaped.shape == logits.shape
    assert bool((shaped >= 0).all())
    assert float(shaped.sum()) == pytest.approx(1, abs=1e-5)


@given(LOGITS, st.integers(0, 70), st.floats(0, 1))
def test_temperature_zero_leaves_only_the_likeliest(logits, top_k: int, top_p: float):
    shaped = shape(logits, Sampling(0, top_k, top_p))
    assert sorted(shaped.tolist())[-1] == 1
    assert float(shaped.sum()) == 1
    assert logits[shaped.argmax()] == logits.max()


@given(LOGITS, TEMPERATURES)
def test_with_nothing_to_leave_out_it_is_the_softmax(logits, temperature: float):
    shaped = shape(logits, Sampling(temperature, top_k=0, top_p=1))
    assert torch.allclose(shaped, torch.softmax(logits / temperature, -1), atol=1e-6)
    assert bool((shaped > 0).eq(torch.softmax(logits / temperature, -1) > 0).all())


@given(LOGITS, TEMPERATURES, st.integers(1, 70))
def test_top_k_keeps_the_k_likeliest(logits, temperature: float, top_k: int):
    whole = torch.softmax(logits / temperature, -1)
    kept = shape(logits, Sampling(temperature, top_k, top_p=1)) > 0
    assert int(kept.sum()) == min(top_k, int((whole > 0).sum()))
    if not kept.all():
        assert whole[kept].min() >= whole[~kept].max()


@given(LOGITS, TEMPERATURES, st.floats(0.01, 0.99))
def test_top_p_keeps_the_smallest_set_that_adds_up_to_p(logits, temperature: float, top_p: float):
    whole = torch.softmax(logits / temperature, -1).double()
    kept = shape(logits, Sampling(temperature, top_p=top_p)) > 0
    assert float(whole[kept].sum()) >= top_p - 1e-5
    assert float(whole[kept].sum() - whole[kept].min()) < top_p + 1e-5, "one fewer would not do"
    if not kept.all():
        assert whole[kept].min() >= whole[~kept].max()


@given(LOGITS, st.floats(0.1, 1), st.floats(1, 3))
def test_a_higher_temperature_is_bolder(logits, cooler: float, hotter: float):
    assert shape(logits, Sampling(hotter, top_p=1)).max() <= shape(logits, Sampling(cooler, top_p=1)).max() + 1e-6


class Dice:
    """A model that always thinks the same of what comes next."""

    device = "cpu"

    def __init__(self, chances: dict[int, float]) -> None:
        self.logits = torch.full((1, 1, 9000), -50.0)
        for id, chance in chances.items():
            self.logits[0, 0, id] = math.log(chance)

    def __call__(self, inputs: torch.Tensor, past_key_values: object, use_cache: bool) -> SimpleNamespace:
        return SimpleNamespace(logits=self.logits, past_key_values=None)


def test_draws_follow_the_probabilities(classroom: Loaded):
    letters = {text: classroom.tokenizer.encode(text)[0] for text in ("a", "e", "o")}
    chances = dict(zip(letters.values(), (0.6, 0.3, 0.1), strict=True))
    dice = dataclasses.replace(classroom, model=Dice(chances))
    drawn = [step.text for step in stream(dice, [5], Sampling(1, top_p=1, max_new_tokens=400, seed=1))]
    assert len(drawn) == 400
    for (text, id), one_time_in in zip(letters.items(), (0.6, 0.3, 0.1), strict=True):
        four_sigmas = 4 * math.sqrt(chances[id] * (1 - chances[id]) / 400)
        assert drawn.count(text) / 400 == pytest.approx(one_time_in, abs=four_sigmas)


# ------------------------------------------------------------------------------------------ what comes next


def test_the_next_tokens_are_the_likeliest_first_and_are_the_models_own(classroom: Loaded):
    prompt = ids(classroom, "Había una")
    candidates = next_tokens(classroom, prompt, Sampling(1, top_p=1), count=10)
    assert len(candidates) == 10
    assert all(one.probability >= two.probability for one, two in pairwise(candidates))
    with torch.no_grad():
        expected = torch.softmax(classroom.model(torch.tensor([prompt])).logits[0, -1], -1)
    assert candidates[0].probability == pytest.approx(float(expected.max()), rel=1e-4)
    assert candidates[0].text == classroom.tokenizer.decode([int(expected.argmax())])


def test_what_cannot_come_is_not_offered(classroom: Loaded):
    assert len(next_tokens(classroom, ids(classroom, "Había una"), Sampling(0), count=10)) == 1


def test_without_a_prompt_it_still_begins(classroom: Loaded):
    assert next_tokens(classroom, [], Sampling())
    assert write(classroom, "", max_new_tokens=5)


# ------------------------------------------------------------------------------------------ writing


def test_the_same_seed_gives_the_same_text_and_another_seed_another(classroom: Loaded):
    once, again, another = (write(classroom, "La noche", seed=seed, max_new_tokens=20) for seed in (3, 3, 4))
    assert once == again
    assert once != another


def test_writing_does_not_move_torchs_own_state(classroom: Loaded):
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    write(classroom, "La noche", max_new_tokens=5)
    assert torch.equal(torch.rand(1), expected)


def test_temperature_zero_is_the_greedy_text_that_transformers_writes(classroom: Loaded):
    prompt = ids(classroom, "Había una vez")
    written = classroom.model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=12, pad_token_id=1)
    end = classroom.tokenizer.eos_id
    expected = [id for id in written[0, len(prompt) :].tolist() if id != end]
    assert write(classroom, "Había una vez", temperature=0, max_new_tokens=12) == classroom.tokenizer.decode(expected)


def test_each_step_tells_how_likely_it_was_among_what(classroom: Loaded):
    for step in stream(classroom, ids(classroom, "El río"), Sampling(max_new_tokens=10)):
        assert 0 < step.probability <= 1
        assert 1 <= len(step.alternatives) <= 8
        assert step.probability <= step.alternatives[0].probability + 1e-6


def test_it_writes_at_most_what_was_asked(classroom: Loaded):
    assert len(list(stream(classroom, ids(classroom, "El río"), Sampling(max_new_tokens=4, seed=2)))) == 4


class Parrot:
    """A model that says what it was told to, whatever it reads."""

    device = "cpu"

    def __init__(self, ids: list[int]) -> None:
        self.left = list(ids)

    def __call__(self, inputs: torch.Tensor, past_key_values: object, use_cache: bool) -> SimpleNamespace:
        logits = torch.full((1, inputs.shape[1], 9000), -50.0)
        logits[0, -1, self.left.pop(0)] = 50
        return SimpleNamespace(logits=logits, past_key_values=past_key_values)


def parrot(classroom: Loaded, ids: list[int]) -> Loaded:
    return dataclasses.replace(classroom, model=Parrot(ids))


def test_it_stops_at_the_end_mark_and_does_not_show_it(classroom: Loaded):
    tokenizer = classroom.tokenizer
    says = [*tokenizer.encode("El río baja."), tokenizer.eos_id, *tokenizer.encode("Y sigue.")]
    assert write(parrot(classroom, says), "Ayer") == "El río baja."


def test_a_letter_of_several_tokens_is_shown_once_it_is_whole(classroom: Loaded):
    tokenizer = classroom.tokenizer
    says = [*tokenizer.encode("el ☃ y el 𝄞 de la ñandú"), tokenizer.eos_id]
    steps = list(stream(parrot(classroom, says), [], Sampling()))
    assert len(steps) > len(["el", "☃", "y", "el", "𝄞", "de", "la", "ñandú"]), "some letters take several tokens"
    assert all("\ufffd" not in step.text for step in steps)
    assert "".join(step.text for step in steps) == "el ☃ y el 𝄞 de la ñandú"


@pytest.mark.parametrize(("context", "room"), [(8, 5), (3, 0), (2, 0)])
def test_it_stops_at_the_contexts_end(classroom: Loaded, context: int, room: int):
    prompt = ids(classroom, "El río")[:3]
    narrow = dataclasses.replace(classroom, context=context)
    assert len(prompt) == 3
    assert len(list(stream(narrow, prompt, Sampling(max_new_tokens=50, seed=2)))) == room


def test_a_completion_does_not_depend_on_its_neighbours(classroom: Loaded):
    texts = ("La casa", "En el fondo del patio de mi abuela había", "Y")
    prompts = [ids(classroom, text) for text in texts]
    together = [one.text.strip() for one in complete(classroom, prompts, max_new_tokens=6)]
    assert together == [write(classroom, text, temperature=0, max_new_tokens=6).strip() for text in texts]


def test_a_drawn_completion_comes_back_with_its_seed_and_says_whether_it_ended(classroom: Loaded):
    prompts, sampling = [ids(classroom, "La casa"), ids(classroom, "Y")], Sampling(seed=3)
    before = torch.random.get_rng_state()
    one, again, other = (
        complete(classroom, prompts, 12, how) for how in (sampling, sampling, dataclasses.replace(sampling, seed=4))
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert one == again != other
    (short,) = complete(classroom, prompts[:1], 1)
    assert not short.ended
