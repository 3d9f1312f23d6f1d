"""Whether everybody can use the pages: axe-core on every one, by day and by night, on a screen and on a telephone."""

import tomllib
from pathlib import Path

import psutil
import pytest

from core import texts, workshop
from core.ui import plots

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    "Home",
    *(step.name for step in workshop.STEPS),
    "experiments",
    "decision",
    "glossary",
    "certificate",
    "teacher",
]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
GRAVE = ("serious", "critical")
LOOKS = [("light", 1280), ("dark", 390)]
# A telephone hides the sidebar, and a screen shows the same one beside every page: once in the other pair.
MORE_LOOKS = {"Home": [("dark", 1280), ("light", 390)]}


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="no axe-core here: see tests/requirements.txt")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def test_no_page_keeps_anybody_out_and_the_server_stays_under_300_mb(serve, browser, project, settled, axe):
    """No serious or critical violation, Streamlit's own widgets included; and nothing is wider than its page."""
    found, server, sizes = [], serve(), {}
    with browser() as visitor:
        page = visitor.new_page()
        page.add_init_script(axe)
        page.goto(f"{server.url}/?lang=es&project={project.id}")
        for name in PAGES:
            path = name.lstrip("0123456789_")
            if name != "Home":
                page.locator(f"[data-testid=stSidebar] a[href$='{path}']").click()
                page.wait_for_url(f"**/{path}")
            title = texts.words("es", "home" if name == "Home" else name)("title")
            page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
            settled(page)
            found += [
                (name, *problem) for look in [*LOOKS, *MORE_LOOKS.get(name, [])] for problem in problems(page, *look)
            ]
            page.set_viewport_size({"width": 1280, "height": 900})
            assert page.get_by_role("alert").filter(has_text=texts.words("es", "errors")("our_fault")).count() == 0
            sizes[name] = psutil.Process(server.process.pid).memory_info().rss / 1e6
    assert found == []
    assert max(sizes.values()) < 300, sizes


def problems(page, colours: str, width: int) -> list[tuple]:
    """Axe's serious and critical violations, element by element, with these colours at this width in pixels."""
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": 900})
    main = page.get_by_test_id("stMain")
    page.wait_for_function(
        "dark => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === dark", arg=colours
    )
    told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    wide = main.evaluate("main => main.scrollWidth - main.clientWidth")
    return [(colours, width, f"{wide} pixels too wide")] * (wide > 0) + [
        (colours, width, violation["id"], node["html"][:160], node["failureSummary"])
        for violation in told["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def test_the_keyboard_reaches_a_step_with_a_ring_that_can_be_seen(serve, browser, project, settled):
    """Tab from the top: the link over the sidebar, every step in it, then the page; and nothing holds the keyboard."""
    with browser() as visitor:
        page = visitor.new_page()
        page.goto(f"{serve().url}/?lang=es&project={project.id}")
        settled(page)
        page.wait_for_timeout(1500)  # a late redrawing takes the focus with what it replaces
        reached, bare = [], []
        for _ in range(60):
            page.keyboard.press("Tab")
            here = page.evaluate(
                """() => { const e = document.activeElement; let ringed = false;
                for (let x = e, up = 0; x && up < 4; x = x.parentElement, up++)
                  ringed ||= getComputedStyle(x).outlineStyle !== "none" || getComputedStyle(x).boxShadow !== "none";
                return [e.tagName, e.textContent, ringed]; }"""
            )
            if here[0] == "BODY":
                break
            reached.append(here[1])
            if not here[2] and here[0] != "MAIN":
                bare.append(here)
        else:
            pytest.fail("the keyboard never left the page")
    assert bare == []
    steps = [f"{step.number}. {texts.words('es', step.name)('title')}" for step in workshop.STEPS]
    places = [next(place for place, text in enumerate(reached) if step in text) for step in steps]
    assert places == sorted(places)


# ------------------------------------------------------------------ colours that axe does not see


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("mode", "palette"), [("light", plots.DAY), ("dark", plots.NIGHT)])
def test_the_plots_can_be_read_by_day_and_by_night(mode, palette):
    paper = THEME[mode]["backgroundColor"]
    assert min(contrast(palette[name], paper) for name in ("ink", "main", "other", "quiet")) >= 4.5
    assert min(contrast(colour, paper) for colour in palette["series"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_theme_can_be_read_by_day_and_by_night(mode):
    theme = THEME[mode]
    for place in (theme, theme["sidebar"]):
        paper = place.get("backgroundColor", theme["backgroundColor"])
        assert contrast(place.get("textColor", theme["textColor"]), paper) >= 7
        assert contrast(theme["linkColor"], paper) >= 4.5
    assert contrast(theme["primaryColor"], "#ffffff") >= 4.5
    assert contrast(theme["codeTextColor"], theme["codeBackgroundColor"]) >= 4.5
    for name in ("red", "orange", "yellow", "blue", "green", "violet", "gray"):
        assert contrast(theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) >= 4.5
