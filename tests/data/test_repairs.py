import json
import random
import re
import textwrap
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.data.repairs.encoding import mend_encoding
from core.data.repairs.hard_wraps import is_verse, join_lines
from core.data.repairs.long_texts import divide
from core.data.repairs.markup import strip_markup
from core.data.repairs.page_numbers import drop_page_numbers
from core.data.repairs.personal import mask
from core.data.repairs.summaries import is_copied, is_long, lead
from core.data.repairs.whitespace import tidy_spaces

SAMPLES = Path(__file__).parents[2] / "core" / "classroom" / "samples"
REPAIRS = (mend_encoding, tidy_spaces, strip_markup, drop_page_numbers, join_lines)  # in the recipe's order

# Any character, and what the repairs look for, so that chance puts it together in ways nobody thought of.
ODD = (
    "Ã±|â€œ|√≥|Ã |\xa0|\x85|<b>|</b>|<br>|</p>|<p>|<!--|-->|<script>|&amp;|&lt;|&gt;|nbsp;|&#0;|&#55296;|[b]"
    "|[/b]|</script>|**|[x](http://y.z)|12|-|[12]|Página|p. 3|\n|\n\n|\n12\n|\t| |—|pala-|bra|verso,|ana@b.org|www.a.b"
    "|11 4567-8901|y las palabras siguen hasta el ancho de la página sin que nada las|\u0301|\u200b"
)
PIECES = st.sampled_from(ODD.split("|"))
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join))


def controls(text):
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cs")} - set("\n\t")


@pytest.mark.parametrize("repair", [*REPAIRS, mask])
@given(TEXTS)
def test_a_repair_done_twice_changes_nothing_more_and_brings_no_control_character(repair, text):
    once = repair(text)
    assert repair(once) == once
    assert controls(once) <= controls(text)


@given(TEXTS)
@example("<b>Ã</b>±")
@example("&lt;br&gt;\n\n\n12 \n")
def test_all_repairs_together_settle_within_four_rounds(text):
    for _ in range(4):
        before = text
        for repair in (*REPAIRS, mask):
            text = repair(text)
    assert text == before


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("El niÃ±o cantÃ³ en la maÃ±ana", "El niño cantó en la mañana"),
        ("mi coraz√≥n y la ma√±ana", "mi corazón y la mañana"),
        ("â€œHolaâ€\x9d, dijo", "“Hola”, dijo"),
        ("el niÃƒÂ±o", "el niño"),
        ("CORAZÃ“N", "CORAZÓN"),
        ("el niÃ±o y la niña", "el niño y la niña"),
        ("Â¿DÃ³nde estÃ¡s?", "¿Dónde estás?"),
        ("\x93Hi\x94", "“Hi”"),
        ("donâ€™t look back", "don’t look back"),
    ],
)
def test_broken_letters_are_mended(broken, right):
    assert mend_encoding(broken) == right


@pytest.mark.parametrize(
    "right",
    [
        "¿Él vio al pingüino en el riñón? «¡Ñandú!», dijo… —Sí.",
        "A IRMÃ» e a «MANHû, NÃO… AMANHÃ…",
        "São João, coração, pães, âmbar, avô",
        "Ô âme, là où l’été naïf… l’âne brûlé — «çà et là»",
        "La Ã es una A con tilde, y la â también.",
        "1.ª edición, 2.º tomo, 20 °C, 30 €, √2 ≈ 1,41",
        "👩‍🌾 café “con” leche",
        "ﬁn de “fiesta”",
    ],
)
def test_right_letters_are_never_touched(right):
    assert mend_encoding(right) == right


@given(st.text("aeiouáéíóúüñÁÉÍÓÚÜÑ ¿?¡!«»—…,.;:bcdlmnrst“”’ºª°€\n"))
def test_no_spanish_text_is_taken_for_broken(text):
    assert mend_encoding(text) == text


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("<p>Uno<br>dos</p>\n<p>tres</p>", "Uno\ndos\n\ntres"),
        ("Ella dijo <b>hola</b> y <a href='http://x.y' target=_blank>se fue</a>.", "Ella dijo hola y se fue."),
        ("<!-- nota --><script>var a = 1 < 2;</script>Texto<style>p{}</style>", "Texto"),
        ("ma&ntilde;ana &aacute;rbol &#241;u&nbsp;ya &amp; m&aacute;s", "mañana árbol ñu ya & más"),
        ("&lt;i&gt;as&iacute;&lt;/i&gt;", "así"),
        ("<ul><li>pan</li><li>sal</li></ul>", "pan\nsal"),
        ("[b]Negro[/b] y [url=http://x.y]acá[/url] [i]así [u]va[/u][/i]", "Negro y acá así va"),
        ("Una **palabra** y [otra](https://x.y/z)", "Una palabra y otra"),
        ("The **last** bus &mdash; <em>gone</em>", "The last bus — gone"),
    ],
)
def test_markup_goes_and_the_words_stay(marked, plain):
    assert strip_markup(marked) == plain


@pytest.mark.parametrize(
    "text",
    [
        "te quiero <3",
        "si a < b y x > y",
        "<<así>> habló, y <así> también",
        "Ana <ana@correo.org>",
        "uno\n\n***\n\ndos",
        "* * *",
        "** no cierra",
        "2 ** 3 ** 4",
        "R&D, AT&T; Tom & Jerry & co",
        ">:( y <:-)",
        "véase [b] y [1]",
        "<3 <3 > todo",
        "    sangría\n      más",
    ],
)
def test_what_only_looks_like_markup_stays(text):
    assert strip_markup(text) == text


def test_the_first_line_keeps_its_indent_where_tags_go():
    assert strip_markup("    Sangrado<br>\n  segundo") == "    Sangrado\n  segundo"
    assert strip_markup(" \n<br>\n   uno<br>dos <br>\n") == "   uno\ndos"


def test_a_script_ends_at_its_own_end_and_one_without_an_end_stays():
    assert strip_markup("uno <script>a</style><b>b</script>dos<!-- a --> tres <!-- <i>sin fin</i>") == (
        "uno dos tres <!-- sin fin"
    )


def test_bbcode_within_bbcode_goes_whole_and_an_image_takes_its_address_along():
    assert strip_markup("[b][b]uno[/b] [img]http[i]x[/i][/img]dos[/b] [quote=Ana]tres[/QUOTE] [u]") == (
        "uno dos tres [u]"
    )


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r\n", "\r"])
def test_whatever_ends_a_line_ends_a_line(end):
    assert tidy_spaces(f"verso uno{end}verso dos") == "verso uno\nverso dos"


@pytest.mark.parametrize(
    "sign",
    [
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England's flag
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family
        "\u2764\ufe0f",
        "\u2764\ufe0e",
        "1\ufe0f\u20e3",
        "\U0001f1e6\U0001f1f7",
        "\U0001f44d\U0001f3fd",
    ],
)
def test_a_sign_of_several_characters_stays_whole(sign):
    assert tidy_spaces(f"uno\u200b {sign}  dos") == f"uno {sign} dos"
    assert tidy_spaces("uno\U000e0067\U000e007f dos") == "uno dos"


LINE = "y las palabras siguen hasta el ancho de la página sin que nada las pare\n"


@pytest.mark.parametrize(
    "number", ["- 12 -", "— 7 —", "Página 3 de 10", "p. 4", "pág. 18", "[12]", "Page 3 of 9", "3 de 10"]
)
def test_a_line_that_numbers_a_page_goes(number):
    assert drop_page_numbers(f"Una línea\n{number}\nsigue.") == "Una línea\nsigue."
    assert drop_page_numbers(f"Una línea.\n\n{number}\n\nOtra.") == "Una línea.\n\nOtra."


def test_a_number_alone_goes_only_from_a_longer_text():
    assert drop_page_numbers("tengo\n12\naños") == "tengo\n12\naños"
    assert drop_page_numbers(LINE * 4 + "12\n" + LINE * 4 + "13") == (LINE * 8).strip()


@pytest.mark.parametrize(
    "text",
    [
        "1\n" + LINE * 3 + "\n2\n" + LINE * 3 + "\n3\n" + LINE,
        "[1]\nuno\n\n[2]\ndos",
        "I\n" + LINE * 4 + "\nII\n" + LINE * 4,
        LINE * 4 + "VIII\n1\n" + LINE * 4,
        LINE * 4 + "1920\n" + LINE * 2,
        LINE * 4 + "12\n14\n18\n" + LINE * 2,
        LINE * 4 + "12\n" + LINE * 4 + "7\n" + LINE,
        LINE * 4 + "\n12\n\n" + LINE,
        "12",
        "La luna\n[1922]",
        "La luna\ncayó al agua.\n— 1936 —",
        "[12]\n\nverso",
        "— 3 —\nun fragmento\nde otro libro",
    ],
)
def test_numbers_that_say_something_stay(text):
    assert drop_page_numbers(text) == text


PROSE = (
    "Hacía cuatro años que ningún buque de carga amarraba en el puerto. El martes, poco después del mediodía, el "
    "remolcador entró con dos barcazas de piedra y unas doscientas personas lo esperaban en el muelle. La draga había "
    "terminado de limpiar el canal el viernes anterior, tras cinco meses de trabajo, y ahora la profundidad es de tres "
    "metros y medio, la que hacía falta para que los barcos de la sal volvieran a entrar.\n\n"
    "—No lo esperaba nadie —dijo el capitán mientras bajaba por la planchada con la gorra en la mano y saludaba a los "
    "chicos que corrían—, pero aquí estamos otra vez, y pensamos quedarnos."
)


@pytest.mark.parametrize("width", range(60, 81, 4))
def test_prose_cut_by_a_page_is_whole_again(width):
    cut = "\n\n".join(textwrap.fill(part, width) for part in PROSE.split("\n\n"))
    assert not is_verse(cut)
    assert join_lines(cut) == PROSE


@pytest.mark.parametrize(
    ("cut", "whole"),
    [("remol-cador", "remolcador"), ("Buenos-Aires", "Buenos-Aires"), ("ex-ministro", "ex-ministro")],
)
def test_a_word_cut_by_a_hyphen_is_whole_again_and_a_compound_keeps_its_own(cut, whole):
    prose = PROSE.split("\n\n")[0]
    begun = [f"{start}{prose}" for start in ("", "Ayer no. ", "Nadie recuerda bien. ")]
    pages = [textwrap.fill(text.replace("remolcador", cut), width) for text in begun for width in range(60, 90)]
    pages = [page for page in pages if cut.replace("-", "-\n") in page]
    assert pages
    assert {join_lines(page) for page in pages} <= {text.replace("remolcador", whole) for text in begun}


def even_verse(seed, lines, width, ends=""):
    draw = random.Random(seed)
    words = re.findall(r"[^\W\d_]+", PROSE.lower())
    text = " ".join(draw.choices(words, k=lines * width // 3))
    verses = textwrap.wrap(text, width)[:lines]
    return "\n".join(verse + (draw.choice(ends) if ends and draw.random() < 0.3 else "") for verse in verses)


@pytest.mark.parametrize("ends", ["", ",.;"])
def test_long_even_verse_without_punctuation_inside_is_never_joined(ends):
    for seed in range(300):
        verse = even_verse(seed, 5 + seed % 20, 52 + seed % 60, ends)
        assert join_lines(verse) == verse


@pytest.mark.parametrize("name", ["poems.es", "poems.en"])
def test_no_poem_of_ours_is_taken_for_prose(name):
    for line in (SAMPLES / f"{name}.jsonl").read_text("utf-8").splitlines():
        poem = json.loads(line)["text"]
        assert is_verse(poem)
        assert join_lines(poem) == poem
        lower = "\n".join(verse[:1].lower() + verse[1:] for verse in poem.split("\n"))
        assert join_lines(lower) == lower


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"- {n} cucharadas soperas de harina bien tamizada, o de maicena si hay" for n in range(9)),
        "\n".join(["—¿Vas a venir mañana a la casa de la abuela con los chicos?", "—No sé, veremos si llueve."] * 6),
        "\n".join(["Se oye el mar desde la ventana de la casa vacía,", "y nadie lo escucha."] * 6),
    ],
)
def test_lists_dialogues_and_long_verses_keep_their_lines(text):
    assert join_lines(text) == text


@given(TEXTS, st.integers(1, 60))
@example("uno\n\n  dos\n\ntres", 8)
def test_pieces_lose_nothing_but_spaces_and_none_is_too_long(text, longest):
    pieces = divide(text, longest)
    assert all(len(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert len(text) > longest or pieces == [text]


def test_pieces_are_even_and_cut_at_stanzas_first():
    stanzas = ["uno\nuno", "dos\ndos", "tres\ntr", "cuat\ncu"]
    assert divide("\n\n".join(stanzas), 26) == ["\n\n".join(stanzas[:2]), "\n\n".join(stanzas[2:])]
    assert divide("Una frase. Otra frase. Y otra.", 22) == ["Una frase.", "Otra frase. Y otra."]
    assert divide("uno\n\n    con sangría", 16) == ["uno", "    con sangría"]
    assert divide("abcdefgh", 3) == ["ab", "cde", "fgh"]


SOURCE = (
    "El martes entró al puerto el primer buque en cuatro años, con dos barcazas de piedra. "
    "Unas doscientas personas lo esperaban en el muelle. La draga había terminado el viernes, tras cinco meses."
)


def test_a_summary_as_long_as_its_source_is_told():
    assert is_long("uno dos", "uno  dos")
    assert is_long("uno", "uno dos tres")
    assert not is_long("uno   dos   tres", "uno dos")


@pytest.mark.parametrize(
    "summary",
    [
        SOURCE,
        SOURCE.upper() + "\n",
        "Resumen: " + SOURCE,
        " ".join(SOURCE.split()[2:]),
        SOURCE[: SOURCE.index(" Unas")],
        SOURCE[: SOURCE.index(" Unas") - 1] + "…",
    ],
)
def test_a_copied_summary_is_told(summary):
    assert is_copied(SOURCE, summary)


@pytest.mark.parametrize(
    "summary",
    ["Volvió un buque tras cuatro años.", "Unas doscientas personas lo esperaban en el muelle.", "El martes entró", ""],
)
def test_a_summary_that_quotes_a_little_is_fine(summary):
    assert not is_copied(SOURCE, summary)
    assert not lead(SOURCE, summary)


@given(TEXTS, TEXTS)
def test_any_pair_can_be_asked_about(text, summary):
    assert is_copied(text, summary) in (True, False)
    assert is_long(text, text)


@pytest.mark.parametrize(
    "text",
    [
        "--> " + "<!--" * 20_000,
        "</script>" + "<script>" * 20_000,
        "[b]" * 10_000 + "[/b]" * 10_000,
        " " * 50_000 + "x\n12\n",
        " " * 8000 + "<p>",
        "<b " * 8000,
        "&" + "amp;" * 8000,
        "[b]x" * 4000 + "[/b]",
        "**a " * 8000,
        LINE * 4000,
        "\n12\n a" * 4000,
        "a@b." * 3000,
        "1 " * 8000,
    ],
    ids=lambda text: text[:8],
)
def test_a_text_made_to_be_slow_is_not(text):
    start = time.perf_counter()
    for repair in (*REPAIRS, mask):
        repair(text)
    divide(text, 40)
    assert time.perf_counter() - start < 5  # what grows with the square of these would take far longer
