"""An evaluation on the page: opening it, its picture, its numbers, its verdict."""

import streamlit as st

from core import errors, processes, texts
from core.evaluation import evaluate, summary
from core.texts import Words
from core.training.runs import Run
from core.ui import evaluation_plots, in_line, plots, problem
from core.ui.tables import lines_table

_TICK_SECONDS = 0.7
# What is drawn of each task; every other number stands in the table.
_DRAWN = {
    "write": ("bits_per_character", "perplexity", "distinct2", "repetition", "verse_syllables", "verse_assonant"),
    "summarize": ("bits_per_character", "rouge1_normalised", "rougeL_normalised", "chrf", "copied"),
}
_SHARES = ("distinct2", "repetition", "verse_assonant", "rouge1_normalised", "rougeL_normalised", "copied")


def opening(run: Run, words: Words) -> None:
    """Offers to open the test set, to go on or to measure again, and shows the measuring while it goes on."""
    status = processes.read_state(run.evaluation)["status"]
    if status in processes.ACTIVE:
        st.fragment(_wait, run_every=_TICK_SECONDS)(run, words)
        return
    state = processes.read_state(run.evaluation)
    opened, unfinished = evaluate.result(run) is not None, evaluate.is_unfinished(run)
    if status == "failed":
        problem.show(errors.heard(state["error"]), words.language)
    if unfinished:
        done = texts.percent(state.get("step", 0) / max(1, state.get("steps", 0)), words.language)
        st.info(words("open.kept", done=done), icon=":material/bookmark:")
    label = words("open.continue" if unfinished else "open.again" if opened else "open.button")
    again = opened and not unfinished
    if st.button(label, key="open", type="secondary" if again else "primary", icon=":material/drafts:"):
        with st.spinner(words("open.starting")):
            evaluate.start(run)
        st.rerun()


def _wait(run: Run, words: Words) -> None:
    state = processes.read_state(run.evaluation)
    if state["status"] not in processes.ACTIVE:
        st.rerun()
    side, left = state.get("side"), state.get("seconds_left")
    if state["status"] == "waiting":
        said = in_line.said(state, words)
    else:
        said = words("open.working", side=words(f"side.{side}")) if side else words("open.loading")
    if left is not None:
        said += " " + words("open.left", time=texts.duration(left, words.language))
    st.progress(min(1.0, state.get("step", 0) / max(1, state.get("steps", 0))), text=said)
    st.button(words("open.stop"), key="open.stop", icon=":material/stop:", on_click=evaluate.stop, args=(run,))


def openings(record: dict, words: Words) -> None:
    """Says how often the sealed texts were opened, and when first."""
    when = texts.moment(record["openings"][0], words.language)
    key = "opened.once" if record["opened"] == 1 else "opened.more"
    st.caption(words(key, opened=record["opened"], when=when))


def picture(record: dict, words: Words) -> None:
    """Draws each metric's sides with their intervals."""
    drawn = {
        words(f"metric.{name}"): {side: found[name] for side, found in record["sides"].items() if name in found}
        for name in _DRAWN[record["task"]]
    }
    drawn = {title: sides for title, sides in drawn.items() if sides}
    names = {side: words(f"side.{side}") for side in record["sides"]}
    figure, height = evaluation_plots.intervals(
        drawn, names, "adapted", "hers", [words(f"metric.{name}") for name in _SHARES]
    )
    plots.show(figure, words("picture.alt", verdicts=" ".join(verdicts(record, words))), "evaluation", height)
    st.caption(words("picture.read" if "hers" not in names else "picture.read_hers"))


def verdicts(record: dict, words: Words) -> list[str]:
    """Answers, in sentences, whether the adapted model beats the untouched one, and the best of the others."""
    main = "perplexity"
    beaten = record["against"]["base"][main]
    facts = {side: texts.number(evaluate.values(record, side)[main], words.language) for side in ("base", "adapted")}
    facts |= {"percent": texts.percent(beaten["difference"], words.language), "rows": record["rows"]}
    said = [words(f"verdict.{beaten['says']}", **facts)]
    for name in ("bits_per_character",) if record["task"] == "write" else ("bits_per_character", "rougeL_normalised"):
        win = record["wins"].get(name)
        if win:
            said.append(_best(record, name, win, words))
    return said


def _best(record: dict, name: str, win: dict, words: Words) -> str:
    first, second = (
        texts.number(evaluate.values(record, side)[name], words.language) for side in (win["side"], win["second"])
    )
    facts = {"side": words(f"side.{win['side']}"), "second": words(f"side.{win['second']}")}
    says = words(f"says.{win['says']}", rows=record["sides"][win["side"]][name]["rows"])
    return words("verdict.best", metric=words(f"metric.{name}"), value=first, other=second, says=says, **facts)


def numbers(record: dict, words: Words) -> None:
    """Shows every number in a table, what has to be known to read it, and what each metric is."""
    heading, *lines = summary.table(record, words)
    lines_table(heading, lines, "evaluation.table")
    for remark in summary.remarks(record, words):
        st.caption(remark)
    with st.expander(words("metrics.what"), icon=":material/function:"):
        for name in summary.names(record):
            st.markdown(f"**{words(f'metric.{name}')}**\n\n{words.body(f'metric.{name}')}")
    with st.expander(words("sides.who"), icon=":material/groups:"):
        for side in record["sides"]:
            st.markdown(f"**{words(f'side.{side}')}**: {words.body(f'side.{side}')}")
