from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.data.repairs.personal import find, mask


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("Escribime a ana.perez+1@correo.com.ar, dale", "email", "ana.perez+1@correo.com.ar"),
        ("Mirá https://www.ejemplo.org/a?b=1.", "web", "https://www.ejemplo.org/a?b=1"),
        ("en www.ejemplo.org, sección", "web", "www.ejemplo.org"),
        ("Llamame al +54 9 11 4567-8901 mañana", "phone", "+54 9 11 4567-8901"),
        ("Tel. (011) 4567-8901", "phone", "(011) 4567-8901"),
        ("mi número 612 345 678 en Madrid", "phone", "612 345 678"),
        ("Celular: 55 1234 5678", "phone", "55 1234 5678"),
        ("Call (212) 736-5000 tonight", "phone", "(212) 736-5000"),
        ("WhatsApp 099 123 456", "phone", "099 123 456"),
        ("con DNI 12.345.678 y domicilio", "id", "12.345.678"),
        ("DNI Nº 23456789", "id", "23456789"),
        ("CUIT 20-26756539-3", "id", "20-26756539-3"),
        ("CUIT 20-12.345.678-6", "id", "20-12.345.678-6"),
        ("DNI (12.345.678)", "id", "12.345.678"),
        ("DNI-12345678", "id", "12345678"),
        ("DNI núm 12.345.678", "id", "12.345.678"),
        ("su DNI, 12.345.678", "id", "12.345.678"),
        ("Mi DNI es el 12.345.678", "id", "12.345.678"),
        ("Documento Nacional de Identidad 12.345.678", "id", "12.345.678"),
        ("en el 11 4321-8765", "phone", "11 4321-8765"),
        ("un +54 9 11 4321-8765", "phone", "+54 9 11 4321-8765"),
        ("mi 600 123 456", "phone", "600 123 456"),
        ("Tel. 55 12 34 56 78", "phone", "55 12 34 56 78"),
        ("cel: 55 12 34 56 78", "phone", "55 12 34 56 78"),
        ("RUT 12.531.909-2", "id", "12.531.909-2"),
        ("CURP BOXW310820HNERXN09", "id", "BOXW310820HNERXN09"),
        ("NIF 54362315-K", "id", "54362315-K"),
        ("el NIE X-2482300W", "id", "X-2482300W"),
        ("CPF 390.533.447-05", "id", "390.533.447-05"),
        ("tarjeta 4111 1111 1111 1111 vence", "card", "4111 1111 1111 1111"),
        ("card 5500005555555559.", "card", "5500005555555559"),
    ],
)
def test_what_is_personal_is_found(text, kind, what):
    assert [(one.kind, text[one.start : one.end]) for one in find(text)] == [(kind, what)]


@pytest.mark.parametrize(
    "text",
    [
        "La guerra (1810-1816) y la de 1936 – 1939, en 1810 1816 1852.",
        "Nació el 12/10/1492, o 1492-10-12, o 12-10-1492.",
        "ISBN 978-84-376-0494-7 y 84-376-0494-7 y 9788437604947",
        "Salió $ 1.250.000 y 12.345.678 pesos, 1 250 000 habitantes, 612 345 678 euros",
        "Ganaron 3-2, 1-0, 4-4 y 6-3 7-5 6-4",
        "versos 120, 125 y 130; 1-14, 15-28",
        "5 10 15 20 25 30 35",
        "a las 10.30 y 11.45, del 1 al 15",
        "Son 10000000 de estrellas y 3,14159265358979",
        "12.345.678 gotas, y 2003-01-23 00:29:50",
        "tardó (2001-2006) y en (1810-1816), 0.98879766, (74.0.3729.136, 192.168.100.100",
        "4111 1111 1111 1112",
        "20-26756539-4",
        "20-12.345.678-7",
        "Salmos 20-21-22-23",
        "versos 11 12 13 14 15",
        "cap. 11.12.13.14.15",
        "calle 11 12 13 14 15, hotel 20-21-22-23, celda 20-21-22-23",
        "1000-2000 / 3000-4000",
        "ISBN 84-376-0494-X y 84-376-0494-x",
        "según el documento, 12.345.678 gotas",
        "un @ suelto, ana @ casa, y www. nada",
    ],
)
def test_numbers_that_are_nobodys_stay(text):
    assert find(text) == []


def test_the_mask_speaks_the_texts_language():
    text = "ana@b.org, +34 612 345 678, DNI 12.345.678, 4111111111111111, www.a.org"
    assert mask(text) == "[correo], [teléfono], DNI [documento], [tarjeta], [enlace]"
    assert mask(text, "en") == "[email], [phone], DNI [id], [card], [link]"


def test_of_two_that_overlap_the_longer_one_is_masked():
    assert mask("ver https://b.org/ana@b.org/4111111111111111 ya") == "ver [enlace] ya"


ODD = "ana@b.org|@|.|www.a.b|http://|+54 11 4567-8901|4111111111111111|DNI |12.345.678|612345678|-|/|(|)|[|]|X| |\u0663"
PIECES = st.sampled_from(ODD.split("|"))


@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=2)), max_size=25).map("".join)))
@example("a@b.com@c.com")
def test_a_masked_text_has_nothing_more_to_mask(text):
    masked = mask(text)
    assert find(masked) == []
    assert mask(masked) == masked


@given(st.text("0123456789 -.()+/", max_size=60))
def test_what_is_found_never_overlaps_and_lies_inside(text):
    found = find(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
