"""Step 12: base and adapted model side by side on her own prompts, a blind tasting, and the way to the decision."""

from pathlib import Path

from core import workshop
from core.ui import compare_panel, decision_panel, lesson, limits_panel, tasting_panel, writing

with lesson.page("12_compare", "writing", "tasting", "limits") as step:
    writing.warm()
    run = workshop.adapted_run(step.project)

    # 1. The same beginning, the same seed, two models.
    step.section("side_by_side")
    prompt = compare_panel.ask_prompt(run, step.project, step.words)
    sampling = writing.sampling_controls(step.words, "12")
    seed = compare_panel.compare(run, step.project, prompt, sampling, step.words)

    # 2. Many pairs, blind.
    step.section("tasting", "slow")
    tasting_panel.show(run, step)

    # 3. What each of the two takes for granted.
    step.section("limits", "optional")
    limits_panel.show(step.words, Path(run.record()["model_folder"]), "12", run.adapter)

    # 4. Is a language model right for her?
    step.section("decide")
    decided = decision_panel.invite(step.project, run, step.language)

    step.code(
        run=run.name,
        prompt=prompt,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=seed,
    )
    step.ask_deed(decided)
