"""The frame that every step has: where you are, why, [the step's own work], the code, an exercise, two or three
questions, the words it used, the next step."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Literal

import streamlit as st

from core import processes, texts, workshop
from core import project as projects
from core.data import sources
from core.project import Project
from core.texts import Words
from core.ui import door, glossary_links, problem, questions_panel, session, sidebar, typefaces
from core.ui.plain import plain
from core.ui.session import Session
from core.workshop import Step

Mark = Literal["needed", "optional", "slow"]
MARKS: dict[Mark, str] = {"needed": "flag", "optional": "local_cafe", "slow": "hourglass_top"}

_BEGUN = "folded.begun"
PICTURES = Path(__file__).parent / "pictures"
ICON = PICTURES / "favicon.png"
SNIPPETS = Path(__file__).parent.parent.parent / "pages" / "snippets"


@dataclass
class Lesson:
    """An open step. Calling it answers one of its words; `project` is None until she begins one."""

    step: Step
    visit: Session
    words: Words

    def __call__(self, key: str, **facts: object) -> str:
        return self.words(key, **facts)

    @property
    def language(self) -> str:
        return self.visit.language

    @property
    def project(self) -> Project | None:
        return self.visit.project

    @property
    def made(self) -> set[str]:
        """The stages that are on disk and fresh; see `core.workshop.stages_made`."""
        return workshop.stages_made(self.project)

    def keep(self, **choices: object) -> Project:
        """Keeps what she chose in this step in the project, beginning one where there is none."""
        return projects.update(session.ensure_project(), self.step.name, choices)

    def kept(self, choice: str, default: Any = None) -> Any:
        """Answers what she chose in this step before."""
        return self.project.choices.get(self.step.name, {}).get(choice, default) if self.project else default

    def section(self, key: str, *marks: Mark, **facts: object) -> None:
        """Opens a part of the step: its heading with its marks and, where there is one, a line on what to do.

        A part that is not `optional` is needed to go on; in one that is `slow` the machine works for a while.
        """
        shown: list[Mark] = [*marks] if "optional" in marks else ["needed", *marks]
        st.subheader(" ".join([self(key, **facts), *(mark(one, self.words) for one in shown)]), anchor=False)
        if self.words.body(key):
            st.markdown(self.words.body(key, **facts))

    @contextmanager
    def folded(self, key: str, told: Path | None = None, **facts: object) -> Iterator[None]:
        """Opens a part that few need, closed under one line: what stands in the block, and a line on what to do.

        It is open where the work that is `told` in a folder was ever begun: what she used is not to be looked for.
        """
        begun: set[Path] = st.session_state.setdefault(_BEGUN, set())  # also when it is forgotten she is still there
        if told and processes.read_state(told)["status"] != "none":
            begun.add(told)
        with st.expander(f"**{self(key, **facts)}**", expanded=told in begun, key=f"folded.{key}"):
            st.markdown(self.words.body(key, **facts))
            yield

    def code(self, part: str = "", **facts: object) -> None:
        """Shows the few lines of Python that do exactly this, with her choices in them; `part` names one of several."""
        name = ".".join(filter(None, (self.step.name, part)))
        with st.expander(self("code"), icon=":material/code:", key="code"):
            st.code(snippet(name, self.project, **facts), language="python")

    def ask_number(self, answer: float | None, tolerance: float = 0.0, whole: bool = True) -> None:
        """The exercise with a number for an answer, right within a relative tolerance; None: not to be known yet."""
        with self._exercise(answer is not None) as ready:
            if ready:
                step = 1 if whole else 0.01
                given = st.number_input(self("exercise.input"), value=None, step=step, key=f"{self.step.name}.exercise")
                self._judge(
                    given,
                    answer is not None and given is not None and abs(given - answer) <= tolerance * abs(answer) + 1e-9,
                )

    def ask_prediction(self, low: int, high: int) -> None:
        """The exercise of saying beforehand what will happen: any number is right, and it is kept."""
        with self._exercise(True):
            given = st.number_input(
                self("exercise.input"), low, high, self.kept("prediction"), key=f"{self.step.name}.exercise"
            )
            if given is not None and given != self.kept("prediction"):
                self.keep(prediction=given)
            self._judge(given, True)

    def ask_text(self, right: Callable[[str], bool]) -> None:
        """The exercise with words for an answer, judged by `right(text)`."""
        with self._exercise(True):
            given = (st.text_input(self("exercise.input"), key=f"{self.step.name}.exercise") or "").strip()
            self._judge(given or None, bool(given) and right(given))

    def ask_deed(self, done: bool) -> None:
        """The exercise of doing something in the step, looked at when she asks."""
        with self._exercise(True):
            asked = st.button(self("exercise.input"), key=f"{self.step.name}.exercise", icon=":material/fact_check:")
            self._judge(asked or None, done)

    @contextmanager
    def _exercise(self, ready: bool) -> Iterator[bool]:
        with st.container(border=True):
            st.markdown(f"**{self('exercise.heading')}: {self('exercise')}**")
            st.markdown(self.words.body("exercise"))
            if not ready:
                st.caption(self("exercise.later"))
            yield ready

    def _judge(self, given: object, right: bool) -> None:
        if given is None:
            return
        if right:
            st.success(self("exercise.right"), icon=":material/check:")
            workshop.mark_done(session.ensure_project(), self.step.name, exercise=True)
        else:
            st.info(self("exercise.wrong"), icon=":material/lightbulb:")


def mark(name: Mark, words: Words) -> str:
    """Answers, in Markdown, the sign of a part that is needed, optional or slow, with its word."""
    return f":gray-badge[:material/{MARKS[name]}: {words(f'mark.{name}')}]"


@contextmanager
def page(name: str, *more_words: str) -> Iterator[Lesson]:
    """Draws a step's frame around the block; whatever goes wrong inside is said in words, and the rest stays.

    Where the step is locked, it says what is missing, offers the click that makes it, and stops.
    """
    step = workshop.BY_NAME[name]
    visit = _open_visit()
    words = texts.words(visit.language, "frame", "home", "tasks", *more_words, name)
    lesson = Lesson(step, visit, words)
    _head(lesson)
    _surround(name, visit)
    waiting = workshop.missing(visit.project, step)
    if waiting:
        _locked(lesson, waiting)
        _foot(lesson)
        st.stop()
    try:
        yield lesson
    except Exception as error:  # noqa: BLE001  (whatever happens, she gets words and goes on)
        problem.show(error, visit.language)
    questions_panel.show(name, visit)
    glossary_links.show(name, visit.language, words)
    _foot(lesson)


def begin(name: str) -> Session:
    """What a page without a step does first: its tab, its sidebar, its typefaces. Answers the visit."""
    visit = _open_visit()
    _surround(name, visit)
    return visit


def _open_visit() -> Session:
    visit_words = texts.words("es", "home")
    st.set_page_config(page_title=visit_words("title"), page_icon=str(ICON), layout="centered")
    _freeze()
    door.hold()
    return session.current()


def _surround(name: str, visit: Session) -> None:
    """Draws what is around the page; after its title, which is what a click waits for."""
    sidebar.show(name, visit)
    session.set_cookie(visit)
    typefaces.show()


def snippet(name: str, project: Project | None, **facts: object) -> str:
    """Answers a step's code with her choices in it; what is not chosen yet stands as the default would."""
    shown = {fact: repr(value) for fact, value in facts.items()}
    template = Template((SNIPPETS / f"{name}.py.txt").read_text(encoding="utf-8"))
    return template.substitute(project=repr(project.id if project else "…"), **shown).rstrip()


def _head(lesson: Lesson) -> None:
    step = lesson.step
    place = lesson(
        "place", lesson=step.lesson, number=step.number, steps=len(workshop.STEPS), minutes=lesson("minutes")
    )
    st.caption(place)
    st.title(lesson("title"), anchor=False)
    picture = PICTURES / f"{step.name}.svg"
    if picture.exists():
        st.image(str(picture), width="stretch", alt=lesson("picture"))
    with st.container(key="why"):  # look.css: a heading of the second level, in a quiet size
        st.markdown(f"## {lesson('why')}\n\n{lesson.words.body('why')}")
    with st.expander(lesson("learn"), icon=":material/auto_stories:"):
        st.markdown(lesson.words.body("learn"))


def _locked(lesson: Lesson, waiting: list[str]) -> None:
    read = waiting[0] == "texts" and lesson.project and sources.kept_source(lesson.project)
    missing = lesson("missing.texts.read", source=plain(read.name)) if read else lesson(f"missing.{waiting[0]}")
    st.info(f"**{lesson('locked')}** {missing}", icon=":material/lock:")
    first = next(step for step in workshop.STEPS if step.name == MADE_IN[waiting[0]])
    go, sample = st.columns(2)
    title = texts.words(lesson.language, first.name)("title")
    with go:
        st.page_link(
            first.page,
            label=lesson("locked.go", number=first.number, title=title),
            icon=":material/arrow_back:",
        )
    with sample:
        if st.button(
            lesson(f"locked.fill.{waiting[0]}"), key="fill", type="secondary" if read else "primary", width="stretch"
        ):
            _fill(lesson, waiting)


MADE_IN = {
    "texts": "05_load_texts",
    "prepared": "06_clean_texts",
    "tokens": "08_lengths",
    "adapter": "10_train",
}


def _fill(lesson: Lesson, waiting: list[str]) -> None:
    try:
        with st.spinner(lesson("locked.filling")):
            workshop.fill(session.ensure_project(), waiting)
    except Exception as error:  # noqa: BLE001  (whatever happens, she gets words and goes on)
        problem.show(error, lesson.language)
        return
    if "adapter" in waiting:
        st.switch_page("pages/10_train.py")
    st.rerun()


def _foot(lesson: Lesson) -> None:
    """The way back and on. Where this step or the next one waits for something, the click that makes it stands out."""
    st.divider()
    position = workshop.STEPS.index(lesson.step)
    before, after = st.columns(2)
    if position > 0:
        previous = workshop.STEPS[position - 1]
        before.page_link(
            previous.page,
            label=texts.words(lesson.language, previous.name)("title"),
            icon=":material/arrow_back:",
        )
    if position + 1 < len(workshop.STEPS):
        following = workshop.STEPS[position + 1]
        locked = bool(workshop.missing(lesson.project, lesson.step))
        waits = locked or bool(workshop.missing(lesson.project, following))
        label = lesson("next", title=texts.words(lesson.language, following.name)("title"))
        if after.button(
            label,
            key="next",
            type="secondary" if waits else "primary",
            width="stretch",
            icon=":material/arrow_forward:",
        ):
            if lesson.step.reading and not locked:
                workshop.mark_done(session.ensure_project(), lesson.step.name)
            st.switch_page(following.page)
    else:
        after.page_link("pages/certificate.py", label=lesson("next.last"), icon=":material/arrow_forward:")


@st.cache_resource
def _freeze() -> None:
    """Takes what is loaded by now out of the garbage collector's rounds: they were most of a click's delay."""
    gc.collect()
    gc.freeze()
