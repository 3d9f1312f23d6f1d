"""Step 2: Hugging Face, its libraries, and what this machine can do."""

import streamlit as st

from core import machine
from core.project import workspace
from core.ui import lesson
from core.ui.tables import facts_table

with lesson.page("02_hugging_face", "settings") as step:
    # 1. This machine, in facts and in sentences.
    step.section("machine")
    here = machine.inspect(workspace())
    precision = machine.precision()
    facts_table(
        step.words,
        {
            "machine.cores": here.cores,
            "machine.memory": round(here.memory_gb, 1),
            "machine.free_memory": round(here.free_memory_gb, 1),
            "machine.disk": round(here.free_disk_gb, 1),
            "machine.gpu": here.gpu or step("machine.no_gpu"),
            "machine.precision": precision.value,
        },
    )
    st.markdown(step(f"reason.{precision.reason}", **precision.facts))
    st.markdown(step("machine.enough" if here.free_memory_gb > 2 else "machine.tight"))

    # 2. The libraries, with the version that is installed.
    step.section("libraries")
    facts_table(step.words, {f"library.{name}": version for name, version in machine.library_versions().items()})

    step.code()
    step.ask_choice(["bf16", "fp32"], answer=precision.value)
