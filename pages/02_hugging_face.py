"""Step 2: Hugging Face, an account for who wants one, and what this machine can do."""

from core import machine
from core.ui import account_panel, lesson, machine_panel
from core.ui.tables import facts_table

with lesson.page("02_hugging_face", "settings") as step:
    # 1. What there is on its shelves.
    step.section("shelves")
    account_panel.shelves(step)

    # 2. This machine: a guess, a picture, facts, and what they allow.
    step.section("machine")
    here = machine_panel.guess_and_look(step)

    # 3. The way to the Hub, asked only when she presses.
    step.section("connection", "optional")
    machine_panel.connection(step)

    # 4. An account and a token, for who wants them.
    step.section("account", "optional")
    account_panel.way(step)
    account_panel.ask(step)

    # 5. The libraries, with the version that is installed.
    step.section("libraries", "optional")
    versions = {f"library.{name}": version for name, version in machine.library_versions().items()}
    facts_table(step.words, versions, ("library", "version"))

    step.code()
    step.ask_number(answer=100 * here.free_memory_gb / here.memory_gb if here else None, tolerance=0.2)
