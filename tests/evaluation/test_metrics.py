"""Each metric gives what its formula says, and what the reference library gives where there is one."""

import math
import time

import pytest
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF

from core import bootstrap, texts
from core.evaluation import ngrams
from core.evaluation.copying import Index
from core.evaluation.measure import BETTER, INPUTS, METRICS, compute, measure, measure_scores
from core.evaluation.measured import mean
from core.generation.score import Score

SOURCES = [
    "La biblioteca del barrio abre los sábados a las diez. Este mes presta semillas. Hay que anotarse.",
    "El tren de las seis salió con demora porque un caballo se quedó parado en las vías. Nadie salió lastimado.",
    "Marta cosió veinte banderas para la fiesta del pueblo. Las colgó sola, de noche, entre los plátanos de la plaza.",
    "The library lends seeds on Saturdays. Anyone may take three packets.",
]
REFERENCES = [
    "La biblioteca presta guitarras y semillas los sábados.\nHay que anotarse.",
    "Un caballo en las vías demoró el tren de las seis.",
    "Marta cosió y colgó de noche las banderas de la fiesta.",
    "On Saturdays the library lends three packets of seeds.",
]
WRITTEN = [
    "La biblioteca del barrio abre los sábados.\nPresta guitarras.",
    "El tren salió con demora: un caballo estaba en las vías.",
    "Marta cosía banderas y las colgaba de noche.",
    "The library lends seeds on Saturdays.",
]


def test_perplexity_and_bits_are_what_their_formulas_say():
    found = compute(
        "perplexity", [6.0, 4.0], references=[{"tokens": 3, "characters": 9}, {"tokens": 2, "characters": 6}]
    )
    assert found["loss"] == pytest.approx(2)
    assert found["perplexity"] == pytest.approx(math.exp(2))
    assert found["bits_per_character"] == pytest.approx(10 / math.log(2) / 15)


def test_the_loss_of_each_row_weighs_as_its_tokens():
    found = measure_scores([Score(6.0, 3, 9), Score(8.0, 2, 4), Score(0.0, 0, 0)])
    assert found["loss"].rows == pytest.approx([2, 4, 0])
    assert found["loss"].weights == [3, 2, 0]
    assert found["loss"].value == pytest.approx(14 / 5)
    assert found["perplexity"].value == pytest.approx(math.exp(14 / 5))
    assert measure_scores([Score(0.0, 0, 0)])["perplexity"].value is None


# ------------------------------------------------------------------ against the reference libraries


def test_rouge_is_the_reference_librarys_on_words_without_accents():
    """Its own tokenizer spoils accents; on plain letters, and with a text's sentences on lines, both must agree."""
    plain = [[texts.unaccented(text) for text in side] for side in (WRITTEN, REFERENCES)]
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"])
    theirs = [scorer.score(reference, written) for written, reference in zip(*plain, strict=True)]
    ours = measure(["rouge"], *plain)
    for name in scorer.rouge_types:
        assert ours[name].rows == pytest.approx([score[name].fmeasure for score in theirs], abs=1e-6)
        assert ours[name].value == pytest.approx(sum(ours[name].rows) / 4)


def test_rouge_is_the_one_its_authors_show():
    """The example of rouge_score's page: a precision of 0.75 and 0.625, a recall of 2/3 and 5/9, stems and all."""
    written, reference = "The quick brown dog jumps on the log.", "The quick brown fox jumps over the lazy dog"
    found = compute("rouge", [written], references=[reference], language="en")
    assert found["rouge1"] == found["rouge1_normalised"] == pytest.approx(2 * 6 / (8 + 9), abs=1e-6)
    assert found["rougeL"] == pytest.approx(2 * 5 / (8 + 9), abs=1e-6)


def test_rouge_knows_that_a_word_with_an_accent_is_one_word():
    found = compute("rouge", ["el coraz n est aqu", "el corazón está aquí"], references=["el corazón está aquí"] * 2)
    assert found["rouge1"] == pytest.approx((2 / 9 + 1) / 2, abs=1e-6)


@pytest.mark.parametrize(
    ("written", "reference", "language"),
    [
        ("Las niñas cantaban CANCIONES", "la nina cantaba una cancion", "es"),
        ("the poets were walking", "The poet walked", "en"),
    ],
)
def test_normalised_rouge_hears_one_word_in_its_forms_accents_and_capitals(written, reference, language):
    found = compute("rouge", [written], references=[reference], language=language)
    total = len(written.split()) + len(reference.split())
    assert found["rouge1_normalised"] == pytest.approx(2 * 3 / total)
    assert found["rouge1"] < found["rouge1_normalised"]


def test_the_summarys_rouge_takes_its_sentences_one_by_one():
    """Two sentences in the other order: the whole has one of them in common, its sentences have both."""
    found = compute("rouge", ["Llegó el tren. Sonó la campana."], references=["Sonó la campana. Llegó el tren."])
    assert found["rougeL"] == pytest.approx(0.5)
    assert found["rougeLsum"] == pytest.approx(1)


def test_bleu_and_chrf_are_sacrebleus():
    found = measure(["bleu", "chrf"], WRITTEN, REFERENCES)
    assert found["bleu"].value == pytest.approx(BLEU().corpus_score(WRITTEN, [REFERENCES]).score, abs=1e-6)
    assert found["chrf"].value == pytest.approx(CHRF().corpus_score(WRITTEN, [REFERENCES]).score, abs=1e-6)
    assert found["bleu"].rows is None


@pytest.mark.parametrize("metric", [BLEU, CHRF])
def test_the_interval_of_a_score_of_sums_is_as_wide_as_sacrebleus(metric):
    written = [f"{text} {'una palabra de más' * (n % 3)}" for n, text in enumerate(WRITTEN * 4)]
    name = metric.__name__.lower()
    found = measure([name], written, REFERENCES * 4)[name]
    interval = bootstrap.of_sums(found.counts, found.score)
    theirs = metric().corpus_score(written, [REFERENCES * 4], n_bootstrap=1000)
    assert interval.value == pytest.approx(theirs.score)
    assert (interval.high - interval.low) / 2 == pytest.approx(theirs._ci, rel=0.15)


def test_two_systems_are_measured_on_the_same_draws():
    mine, other = (measure(["bleu"], texts, REFERENCES * 2)["bleu"] for texts in (WRITTEN * 2, REFERENCES * 2))
    same = bootstrap.of_sums(mine.counts, mine.score, mine.counts)
    assert (same.low, same.value, same.high) == (0, 0, 0)
    assert bootstrap.of_sums(mine.counts, mine.score, other.counts).apart() == -1


def test_bleu_is_the_product_that_its_paper_writes_down():
    """Counted by hand: 5 of 6 words, 3 of 5 pairs, 1 of 4 threes and, smoothed, half of 0 in 3 fours; as long as."""
    written, reference = "the cat sat on the mat", "the cat sits on the mat"
    found = compute("bleu", [written], references=[reference])["bleu"]
    assert found == pytest.approx(100 * (5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** (1 / 4), abs=1e-6)


def test_what_is_the_same_scores_all_and_what_shares_nothing_none():
    same = compute("bleu", REFERENCES, references=REFERENCES) | compute("chrf", REFERENCES, references=REFERENCES)
    assert same == pytest.approx({"bleu": 100, "chrf": 100})
    assert compute("chrf", ["zzz"], references=["aaa bbb"]) == {"chrf": 0}


# ------------------------------------------------------------------ known answers


def test_the_length_is_that_of_all_texts_together():
    found = measure(["length_ratio"], ["uno dos", "tres"], ["uno", "dos tres cuatro"])["length_ratio"]
    assert found.value == pytest.approx(3 / 4)
    assert found.rows == pytest.approx([2, 1 / 3])
    assert found.weights == [1, 3]


def test_what_was_copied_is_counted_by_the_longest_fragments():
    source = "el perro negro duerme bajo la mesa y el gato lo mira"
    found = measure(["copied"], ["El gato duerme bajo la mesa verde", "nada"], sources=[source, source])
    assert found["copied"].rows == pytest.approx([6 / 7, 0])  # «el gato» and «duerme bajo la mesa»
    assert found["copied_run"].rows == pytest.approx([(2**2 + 4**2) / 7, 0])


def test_a_summary_that_is_its_sources_beginning_is_all_copied():
    found = measure(["copied"], [SOURCES[1][:46]], sources=[SOURCES[1]])
    assert found["copied"].value == 1
    assert found["copied_run"].value == len(ngrams.words(SOURCES[1][:46]))


def test_distinct_counts_different_words_and_pairs_over_all_texts():
    found = measure(["distinct"], ["la casa la casa", "La puerta"])
    assert found["distinct1"].value == pytest.approx(3 / 6)
    assert found["distinct2"].value == pytest.approx(3 / 4)  # la casa (twice), casa la, la puerta; none across texts


def test_repetition_is_the_share_of_fours_already_said():
    stuck = " ".join(["ay"] * 10)
    found = measure(["repetition"], [stuck, "uno dos tres cuatro cinco", "tres palabras nomás"])["repetition"]
    assert found.rows == pytest.approx([6 / 7, 0, 0])
    assert found.weights == [1, 1, 0]
    assert found.value == pytest.approx(3 / 7)


@pytest.mark.parametrize("index", [False, True])
def test_novelty_is_that_of_the_copying_detector(index):
    known = Index(SOURCES) if index else SOURCES
    found = measure(["novelty"], ["Dicen que un caballo se quedó parado en las vías", "todo nuevo"], known=known)
    assert found["novelty"].rows == pytest.approx([2 / 10, 1])
    assert found["novelty"].value == pytest.approx(0.6)
    assert found["novelty"].weights is None  # so that two sides can be compared text by text


def test_the_verse_lens_counts_lines_syllables_and_rhymes():
    quatrain = "Dejé la llave en la mesa\ny me fui con el verano;\nlo que se va no regresa\nni se toma de la mano."
    found = measure(["verse"], [quatrain, "una sola línea"])
    assert found["verse_syllables"].rows == pytest.approx([8, 6])
    assert found["verse_consonant"].rows == [1, 0]
    assert found["verse_assonant"].value == pytest.approx(4 / 5)
    assert found["verse_words"].weights == [4, 1]


def test_only_spanish_is_scanned():
    assert set(measure(["verse"], ["I left the key\nbeneath the tree"], language="en")) == {"verse_words"}


# ------------------------------------------------------------------ what every metric owes


def everything(written, references, sources, known=tuple(SOURCES)):
    return measure(INPUTS, written, references, sources, known=known)


def test_every_value_says_which_way_is_better_and_each_module_is_known():
    found = everything(WRITTEN, REFERENCES, SOURCES)
    assert set(found) | {"loss", "perplexity", "bits_per_character"} == set(BETTER)
    assert {path.name for path in METRICS.iterdir() if path.is_dir()} == {*INPUTS, "perplexity"}


def test_a_value_is_the_mean_of_its_rows_as_they_weigh():
    for name, one in everything(WRITTEN, REFERENCES, SOURCES).items():
        if one.rows is not None:
            assert len(one.rows) == len(WRITTEN)
            assert mean(one.rows, one.weights).value == pytest.approx(one.value), name


@pytest.mark.parametrize("written", ["", "   ", "…", "🙂"])
@pytest.mark.parametrize("reference", ["", "¿?", "una palabra"])
def test_empty_texts_and_references_are_survived_and_no_value_is_a_nan(written, reference):
    for name, one in everything([written], [reference], [""], []).items():
        assert one.value is None or math.isfinite(one.value), name
        assert one.rows is None or all(math.isfinite(row) for row in one.rows), name


def test_an_empty_text_among_others_counts_where_it_is_a_failure_and_not_where_nothing_can_be_said():
    found = everything([*WRITTEN, ""], [*REFERENCES, "algo"], [*SOURCES, "algo"])
    assert found["rouge1"].rows[-1] == 0
    assert found["rouge1"].weights is None
    assert [found[name].weights[-1] for name in ("copied", "repetition", "verse_words")] == [0] * 3


def test_over_no_texts_nothing_is_measured():
    assert {one.value for one in everything([], [], [], []).values()} == {None}


def test_a_module_without_what_it_reads_is_refused():
    with pytest.raises(ValueError, match="copied"):
        measure(["copied"], WRITTEN)


def test_two_hundred_texts_are_measured_in_a_few_seconds():
    everything(WRITTEN, REFERENCES, SOURCES)  # the libraries are loaded once
    began = time.process_time()
    everything(WRITTEN * 50, REFERENCES * 50, SOURCES * 50)
    assert time.process_time() - began < 5


# ------------------------------------------------------------------ sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Uno. Dos.", ["Uno.", "Dos."]),
        ("¿Vino? —Sí. «Claro», dijo. ¡Ay! Fin", ["¿Vino?", "—Sí.", "«Claro», dijo.", "¡Ay!", "Fin"]),
        ("A las 3.30 p. m. en el club", ["A las 3.30 p. m. en el club"]),
        ("un verso\notro verso\n\n", ["un verso", "otro verso"]),
        ("Dijo: «Me voy.» Y se fue.", ["Dijo: «Me voy.»", "Y se fue."]),
        ("", []),
    ],
)
def test_a_text_is_cut_in_its_sentences(text, sentences):
    assert ngrams.sentences(text) == sentences


# ------------------------------------------------------------------ their words


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("name", BETTER)
def test_a_metric_says_what_it_tells_how_it_is_counted_and_which_way_is_better(name, language):
    """Three paragraphs; the last says the range and the direction, and the code must agree."""
    words = texts.words(language, "metrics")
    tells, counted, read = words.body(f"metric.{name}").split("\n\n")
    assert tells
    assert counted
    way = {
        "es": {"lower": "más bajo es mejor", "higher": "más alto es mejor", "nearer": "es mejor"},
        "en": {"lower": "lower is better", "higher": "higher is better", "nearer": "is better"},
    }[language][BETTER[name]]
    assert way in read
    assert (("más cerca" if language == "es" else "nearer") in read) == (BETTER[name] == "nearer")
