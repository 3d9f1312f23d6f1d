"""A blind tasting: base and adapted model on the same prompt with the same seed, named only after she chose."""

import random
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core import project as projects
from core.data.table import rows
from core.errors import LessonError
from core.generation.generate import Sampling
from core.project import Project
from core.texts import Words
from core.training.runs import Run
from core.ui import writing

_STEP = "12_compare"
_PAIR = "12.pair"  # what was written last: `texts` by side, `order` of the sides, `vote`, `seed`, `run`


def ask_prompt(run: Run, project: Project, words: Words) -> str:
    """Asks for a prompt: one of her testbed, or her own; to summarise, one of the sealed texts or her own."""
    task = run.record()["task"]
    if task == "summarize":
        known = [row["text"] for row in rows(run.prepared / "test")]
    else:
        known = project.choices.get("04_try_model", {}).get("prompts", [])
    place = 0
    if known:
        place = st.selectbox(
            words(f"prompt.known.{task}"),
            range(len(known)),
            format_func=lambda i: known[i][:80],
            key="prompt_known",
        )
    height = 180 if task == "summarize" else 90
    return st.text_area(words("prompt.own"), known[place] if known else "", key=f"prompt.{place}", height=height)


def taste(run: Run, project: Project, prompt: str, sampling: Sampling, words: Words) -> None:
    """On a click, lets both models write from `prompt` with the same seed; another click takes another seed."""
    if st.button(words("compare"), key="compare", type="primary", icon=":material/compare_arrows:"):
        _write(run, prompt, sampling, words)
    pair = st.session_state.get(_PAIR)
    if not pair or pair["run"] != str(run.folder):
        return
    if pair["vote"] is None:
        _ask_vote(project, words)
    else:
        key = f"revealed.{pair['vote']}"
        st.markdown(words(key, left=words(f"side.{pair['order'][0]}"), right=words(f"side.{pair['order'][1]}")))
        _tally(project, words)


def show_pair(words: Words) -> None:
    """Shows the pair written last, its sides named once she has voted."""
    pair = st.session_state.get(_PAIR)
    if pair:
        for column, letter, side in zip(st.columns(2), "AB", pair["order"], strict=True):
            column.caption(f"{letter} · {words(f'side.{side}')}" if pair["vote"] else letter)
            column.container(border=True).text(pair["texts"][side])


def _write(run: Run, prompt: str, sampling: Sampling, words: Words) -> None:
    record = run.record()
    if record["task"] == "summarize" and not prompt.strip():
        raise LessonError("no_prompt")
    seed = random.randrange(10_000)
    order = random.sample(["base", "adapted"], 2)
    opening = prompt if record["task"] == "write" else ""
    texts = {}
    for column, letter, side in zip(st.columns(2), "AB", order, strict=True):
        column.caption(letter)
        with column.container(border=True):
            steps = writing.write(
                Path(record["model_folder"]),
                prompt,
                replace(sampling, seed=seed),
                run.adapter if side == "adapted" else None,
                record["task"],
                record["language"],
            )
        texts[side] = opening + writing.joined(steps)
    st.session_state[_PAIR] = {
        "texts": texts,
        "order": order,
        "vote": None,
        "seed": seed,
        "run": str(run.folder),
    }
    st.rerun()


def _ask_vote(project: Project, words: Words) -> None:
    st.markdown(words("vote"))
    with st.container(horizontal=True):
        for place, letter in enumerate("AB"):
            side = st.session_state[_PAIR]["order"][place]
            st.button(letter, key=f"vote.{letter}", on_click=_vote, args=(project, side), width="content")
        st.button(
            words("vote.neither"),
            key="vote.neither",
            on_click=_vote,
            args=(project, "neither"),
            width="content",
        )


def _vote(project: Project, side: str) -> None:
    st.session_state[_PAIR]["vote"] = side
    fresh = projects.open_project(project.folder.parent, project.id)
    votes = [*fresh.choices.get(_STEP, {}).get("votes", []), side]
    projects.update(project, _STEP, {"votes": votes})


def _tally(project: Project, words: Words) -> None:
    votes = project.choices.get(_STEP, {}).get("votes", [])
    counts = {side: votes.count(side) for side in ("adapted", "base", "neither")}
    st.caption(words("tally", tastings=len(votes), **counts))
    if len(votes) < 10:
        st.caption(words("tally.few"))
