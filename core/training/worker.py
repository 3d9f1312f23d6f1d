"""The process of a run: `python -m core train RUN`. It alone writes the run's state, metrics and samples."""

import gc
import math
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from core import errors, processes, storage
from core.data import table
from core.errors import LessonError
from core.generation.loaded import Loaded
from core.generation.score import Score
from core.models import folder as models
from core.models.folder import public_name
from core.processes import State
from core.training import checkpoints, engine, ranks, teller, verdict, watch
from core.training.runs import PAUSE, RESERVED_BYTES, Run, ask, halve_batch, requested
from core.training.settings import Settings
from core.training.slot import slot


def train(run: Run, finish: bool = False) -> dict:
    """Trains, or continues, a run to its end, its pause or its failure. Answers its last state.

    With `finish` it takes no further step: the run ends with the best that its checkpoints hold.

    Raises LessonError `run_is_busy` where another process is at it, `run_is_away` where another machine is,
    `run_is_finished` where nothing is left to do, and those of `_began_with`; every other LessonError is written in
    the state as well as raised.
    """
    with ranks.together() as call:
        return _lead(run, call, finish) if ranks.is_main() else _follow(run, call, finish)


def _follow(run: Run, call: ranks.Call, finish: bool) -> dict:
    """Takes part in what the main process of several leads (see `ranks`). Raises the LessonError that ends that one."""
    _pause_on_termination(run)
    try:
        word = call.hear()
        if isinstance(word, tuple):
            raise LessonError(word[0], **word[1])
        return {"status": "paused"} if word is None else _train(run, teller.Silent(), word, finish)
    except LessonError:
        raise
    except Exception as error:
        raise _known(error, run) or error from error


def _lead(run: Run, call: ranks.Call, finish: bool) -> dict:
    """Trains as the only process, or as the one that the others follow."""
    lock = FileLock(run.folder / "worker.lock")
    try:
        lock.acquire(timeout=2)  # a worker that has just said «paused» may not be quite gone
    except Timeout as error:
        raise LessonError("run_is_busy", run=run.name) from error
    try:
        before = processes.read_state(run.folder)
        if before["status"] == "finished":
            raise LessonError("run_is_finished", run=run.name)
        if before["status"] == "away":
            raise LessonError("run_is_away", run=run.folder)
        began_with = _began_with(run, before)
        (run.folder / "request").unlink(missing_ok=True)  # it was for the process before this one
        storage.recover(run.folder)
        state = State(run.folder, run=run.name, processes=began_with, sharded=ranks.is_sharded())
        try:
            _pause_on_termination(run)
            storage.write_bytes(run.folder / "reserve", os.urandom(RESERVED_BYTES))
            with slot(run, state) as our_turn:
                if our_turn:
                    call.say(began_with)
                last = _train_within_memory(run, state, began_with, finish) if our_turn else {"status": "paused"}
            (run.folder / "reserve").unlink(missing_ok=True)
            state.write(**last, seconds=state.seconds())
        except Exception as error:
            known = error if isinstance(error, LessonError) else _known(error, run)
            if known is not error:
                traceback.print_exc(file=sys.stderr)
            _say_failed(run, state, known or LessonError("our_fault"))
            if known is None or known is error:
                raise
            raise known from error
        return state.content
    finally:
        lock.release()


def _began_with(run: Run, before: dict) -> int:
    """Answers how many processes began what is kept of the run: these, where there is no checkpoint yet.

    Raises LessonError where these cannot go on with it: `run_is_sharded`, `run_is_whole`, `processes_do_not_divide`;
    or cannot even begin: `only_lora_is_sharded`.
    """
    if ranks.is_sharded() and run.settings().method != "lora":
        raise LessonError("only_lora_is_sharded", run=run.name)
    if checkpoints.last(run) is None:
        return ranks.count()
    if before.get("sharded", False) != ranks.is_sharded():
        raise LessonError("run_is_whole" if ranks.is_sharded() else "run_is_sharded", run=run.name)
    began_with = before.get("processes", 1)
    ranks.shared(run.settings(), began_with)
    return began_with


def _say_failed(run: Run, state: State, error: LessonError) -> None:
    """Writes the failure in the state, even on a full disk: first gives back what was kept for this moment."""
    (run.folder / "reserve").unlink(missing_ok=True)
    checkpoints.last(run)  # what a full disk left half written goes
    state.write(status="failed", error=errors.told(error))


def _train_within_memory(run: Run, state: State, began_with: int, finish: bool) -> dict:
    """Trains; where the memory does not suffice, again from the last checkpoint with batches of half the size.

    Several processes cannot begin again together: there it is said instead.
    """
    while True:
        try:
            return _train(run, state, began_with, finish)
        except Exception as error:
            if ranks.count() > 1 or not _is_out_of_memory(error) or not halve_batch(run):
                raise
        import torch

        gc.collect()
        torch.cuda.empty_cache()


def _train(run: Run, state: State | teller.Silent, began_with: int, finish: bool) -> dict:
    """Trains in our turn, in each process. Answers what is to be the run's last state."""
    state.write(status="loading", peak_memory_mb=round(processes.peak_memory_mb()))
    checkpoint = ranks.same(checkpoints.last(run) if ranks.is_main() else None)
    if finish and not checkpoint:
        raise LessonError("run_not_finished", run=run.name)
    import torch
    from datasets import load_from_disk

    settings = ranks.shared(run.settings(), began_with)
    train_rows = load_from_disk(str(run.tokens / "train")).select_columns(["input_ids", "labels", "length"])
    validation = table.rows(run.tokens / "validation")
    base = engine.load_base(run)
    before = engine.fingerprint(base) if settings.method == "full" else []
    is_new = ranks.same(watch.curve(run).base is None)
    if is_new and not ranks.is_sharded():
        _measure_untouched(run, base, validation)
    loaded = engine.open_for_training(base, settings)
    planned = engine.schedule(settings, len(train_rows))
    state.write(
        status="running",
        step=state.content.get("step", 0) if checkpoint else 0,
        steps=planned.steps,
        precision=settings.precision,
        trainable_parameters=sum(p.numel() for p in loaded.model.parameters() if p.requires_grad),
        device=loaded.device,
    )
    whole = None
    if checkpoint and (finish or _is_over(checkpoints.told(checkpoint), settings, planned.steps)):
        step = checkpoints.told(checkpoint)["global_step"]
        engine.load_weights(loaded, checkpoints.best(checkpoint))
    else:
        callbacks = [teller.teller(run, state, loaded)]
        trainer = engine.make_trainer(run, loaded, train_rows, validation, callbacks, settings)
        if is_new and ranks.is_sharded():  # only then is it shared out; its new adapter changes nothing yet
            trainer.add_callback(_at_the_start(lambda: _measure_untouched(run, loaded, validation)))
        torch.manual_seed(settings.seed + ranks.number())  # each drops out others of its weights
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        step = trainer.state.global_step
        if ranks.same(requested(run) == PAUSE and step < planned.steps):
            return {"status": "paused", "step": step}
        whole = trainer.accelerator.get_state_dict(loaded.model) if ranks.is_sharded() else None
    after = ranks.scores(loaded.model, validation)
    if not math.isfinite(sum(after, Score(0.0, 0, 0)).loss):
        raise teller.diverged(run, step)
    is_untouched = engine.is_untouched(loaded, before)
    if ranks.is_main():
        _keep_weights(run, loaded, whole)
        verdict.judge_run(run, after, is_untouched)
    return {"status": "finished", "step": step, "peak_memory_mb": round(processes.peak_memory_mb())}


def _measure_untouched(run: Run, base: Loaded, validation: list[dict]) -> None:
    """Measures and hears the model before its first step. The measure goes last: where it stands, all of it is there.

    Raises LessonError `broken_model`.
    """
    scores = ranks.scores(base.model, validation)
    total = sum(scores, Score(0.0, 0, 0))
    if not math.isfinite(total.loss):
        raise LessonError("broken_model", folder=public_name(run.record()["model"]), file="NaN")
    if ranks.is_main():
        verdict.keep_before(run, scores)
    teller.write_sample(run, base, 0)
    teller.note(run.metrics, {"kind": "base", "step": 0, "loss": total.loss, "perplexity": total.perplexity})


def _at_the_start(work: Callable[[], None]):
    """Builds the callback that does `work` once the model is ready to learn."""
    from transformers import TrainerCallback

    class Starter(TrainerCallback):
        def on_train_begin(self, args, trainer_state, control, **_):
            work()

    return Starter()


def _is_over(told: dict, settings: Settings, steps: int) -> bool:
    """Says whether a run was only killed while it ended; the Trainer would take one step more."""
    return told["global_step"] >= steps or teller.lost_patience(told["log_history"], settings)


def _keep_weights(run: Run, loaded: Loaded, whole: dict | None = None) -> None:
    """Writes `adapter/`, whole; the base is named as the person named it, never by a path of this machine.

    A model that was trained whole is kept whole, with its tokenizer: a folder that step 3 takes as a base. `whole` are
    the model's weights, where each process had only its part of them.
    """
    with storage.new_folder(run.adapter) as folder:
        loaded.model.save_pretrained(folder, max_shard_size="1TB", state_dict=whole)
        (folder / "README.md").unlink(missing_ok=True)
        if run.settings().method == "full":
            models.copy_tokenizer(Path(run.record()["model_folder"]), folder)
            return
        config = storage.load_json(folder / "adapter_config.json")
        config["base_model_name_or_path"] = public_name(run.record()["model"])
        storage.write_json(folder / "adapter_config.json", config)


def _pause_on_termination(run: Run) -> None:
    """Makes SIGTERM (a shutdown, a tidy kill) a pause, so that what was learned is kept."""
    signal.signal(signal.SIGTERM, lambda *_: ask(run, PAUSE) if ranks.is_main() else ranks.TOLD_TO_END.set())


def _is_out_of_memory(error: Exception) -> bool:
    said = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in said or "can't allocate memory" in said


def _known(error: Exception, run: Run) -> LessonError | None:
    """Answers the LessonError that a failure of the libraries means, if we know it."""
    said = str(error).lower()
    if _is_out_of_memory(error):
        return LessonError("out_of_memory")
    # torch says "unexpected pos" where a write fell short, so the disk itself is asked too.
    if "no space left" in said or "quota exceeded" in said or shutil.disk_usage(run.folder).free < RESERVED_BYTES:
        return LessonError("disk_full", folder=run.checkpoints)
    if ranks.is_lost(error):
        return LessonError("process_lost", now=ranks.count())
    return None
