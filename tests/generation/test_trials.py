"""What step 4 tries: a gap, a choice, a pair that differs in one word, a model that was made for gaps."""

import math

import make_models
import pytest

from core.classroom import MODEL
from core.errors import LessonError
from core.generation import fill, pairs, whole, words
from core.generation import loaded as loading
from core.generation.loaded import Loaded
from core.generation.score import score
from core.models import masked
from core.tokens.cut import IGNORED

SENTENCE = "El pan está sobre la ___ de la cocina."


def test_each_option_costs_what_the_whole_sentence_costs_with_it(classroom: Loaded):
    options = whole.compare(classroom, SENTENCE, ["mesa", "luna", "guerra"])
    assert sorted(option.text for option in options) == ["guerra", "luna", "mesa"]
    assert sum(option.share for option in options) == pytest.approx(1)
    for option in options:
        tokenizer = classroom.tokenizer
        ids = [tokenizer.bos_id, *tokenizer.encode(SENTENCE.replace("___", option.text)), tokenizer.eos_id]
        (alone,) = score(classroom.model, [{"input_ids": ids, "labels": [IGNORED, *ids[1:]], "characters": 1}])
        assert option.nats == pytest.approx(alone.nats, rel=1e-4)
    first, second = options[:2]
    assert first.share / second.share == pytest.approx(math.exp(second.nats - first.nats), rel=1e-3)


def test_a_word_that_belongs_is_likelier_than_one_that_does_not(classroom: Loaded):
    assert whole.compare(classroom, SENTENCE, ["de", "mesa"])[0].text == "mesa"


@pytest.mark.parametrize("filling", ["la casa ", "\U0001f409"])
def test_a_sentence_beyond_the_context_keeps_what_is_nearest_to_the_gap(classroom: Loaded, filling: str):
    far = filling * (50_000 // len(filling))
    options = whole.compare(classroom, f"{far} El pan está sobre la ___ de la cocina. {far}", ["mesa", "luna"])
    assert all(math.isfinite(option.nats) and option.nats > 0 for option in options)
    assert options[0].nats != options[1].nats, "the gap itself was read"


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [("Sin lugar", ["a", "b"], "no_gap"), ("Un ___", ["a", " a", ""], "too_few_options"), ("", ["a", "b"], "no_gap")],
)
def test_what_cannot_be_compared_is_said(classroom: Loaded, text: str, options: list[str], code: str):
    with pytest.raises(LessonError, match=code):
        whole.compare(classroom, text, options)


def test_a_model_that_reads_and_answers_chooses_too(base):
    t5 = loading.load(base("t5"), precision="fp32")
    options = whole.compare(t5, "¿El taller abre? ___", ["abre", "la lluvia no avisa cuando cae"])
    assert {option.text for option in options} == {"abre", "la lluvia no avisa cuando cae"}
    assert sum(option.share for option in options) == pytest.approx(1)
    assert whole.surprise(t5, ["Hola"])[0].nats > 0


def test_the_surprise_of_a_beginning_is_its_score(classroom: Loaded):
    likely, unlikely = whole.surprise(classroom, ["La noche de la ciudad", "Ciudad noche la la de"])
    assert likely.loss < unlikely.loss
    with pytest.raises(LessonError, match="no_prompt"):
        whole.surprise(classroom, ["La noche", "  "])


# ------------------------------------------------------------------------------------------ pairs


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_workshops_own_pairs_differ_in_one_word(language: str):
    given = pairs.given(language)
    assert [pair.code for pair in given] == ["name", "trade", "place"]
    for pair in given:
        assert [len(one) for one in pairs.differing(pair.left, pair.right)] == [1, 1]
        assert " " not in pair.word


def test_a_pair_shows_the_models_own_probabilities_of_whole_words(classroom: Loaded):
    (pair, *_) = pairs.given("es")
    chances = pairs.compare(classroom, pair.left, pair.right, [pair.word])
    assert (chances[0].word, chances[0].asked) == (pair.word, True)
    assert len(chances) == 7
    ids = [classroom.tokenizer.bos_id, *classroom.tokenizer.encode(pair.left)]
    for chance in chances:
        assert chance.left == pytest.approx(words.chance(classroom, ids, f" {chance.word}"), rel=1e-3)
    apart = [abs(chance.left - chance.right) for chance in chances[1:]]
    assert apart == sorted(apart, reverse=True)


def test_the_workshops_pairs_show_something_with_its_model(classroom: Loaded):
    for pair in pairs.given("es"):
        (chance,) = pairs.compare(classroom, pair.left, pair.right, [pair.word], count=0)
        assert chance.times > 2, pair.code
        assert max(chance.left, chance.right) > 0.05, pair.code


def test_a_word_of_several_tokens_is_worth_all_of_them(classroom: Loaded):
    (whole_word,) = pairs.compare(classroom, "El perro", "El gato", ["zarzaparrilla"], count=0)
    assert len(classroom.tokenizer.encode(" zarzaparrilla")) > 1
    assert 0 < whole_word.left < 0.01


@pytest.mark.parametrize(
    ("left", "right", "said"), [(0.2, 0.21, "alike"), (0.2, 0.1, "left"), (0.0, 0.1, "right"), (0.0, 0.0, "alike")]
)
def test_which_side_makes_a_word_likelier(left: float, right: float, said: str):
    assert pairs.Chance("x", left, right, True).likelier == said


@pytest.mark.parametrize(("left", "right", "code"), [("", "Hola", "no_prompt"), ("La  casa", "La casa ", "pair_alike")])
def test_a_pair_that_is_none_is_said(classroom: Loaded, left: str, right: str, code: str):
    with pytest.raises(LessonError, match=code):
        pairs.compare(classroom, left, right)


def test_a_pair_of_fifty_thousand_letters_is_answered(classroom: Loaded):
    long = "la lluvia " * 5000
    assert pairs.compare(classroom, long + "el río", long + "el mar", ["baja"])


def test_a_model_that_answers_apart_has_no_next_word(base):
    with pytest.raises(LessonError, match="not_causal"):
        pairs.compare(loading.load(base("t5"), precision="fp32"), "El río", "El mar")


# ------------------------------------------------------------------------------------------ a model made for gaps


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return make_models.make_masked(tmp_path_factory.mktemp("bert") / "bert")


def test_a_masked_model_fills_a_gap_with_words(bert):
    candidates = fill.fill(fill.load(masked.find(str(bert))), "El taller abre en la ___ del pueblo.")
    assert len(candidates) == 10
    assert all(0 < one.probability < 1 for one in candidates)
    assert all("[" not in one.text for one in candidates)


def test_a_masked_model_looks_at_both_sides(bert):
    filler = fill.load(bert)
    one, other = (fill.fill(filler, f"La ___ {after}") for after in ("cae sobre el techo.", "vende pan."))
    assert [c.probability for c in one] != [c.probability for c in other]


@pytest.mark.parametrize("around", ["lluvia " * 7000, "\U0001f409" * 50_000, "", "[MASK] [MASK] "])
def test_any_text_around_a_gap_is_answered(bert, around: str):
    assert fill.fill(fill.load(bert), f"{around}___{around}")


def test_without_a_gap_a_masked_model_is_not_asked(bert):
    with pytest.raises(LessonError, match="no_gap"):
        fill.fill(fill.load(bert), "Sin lugar")


@pytest.mark.parametrize(("reference", "code"), [(str(MODEL), "not_masked"), ("no es un nombre", "model_not_a_name")])
def test_what_fills_no_gaps_is_refused(reference: str, code: str):
    with pytest.raises(LessonError, match=code):
        masked.find(reference)
