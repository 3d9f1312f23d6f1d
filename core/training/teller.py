"""What a run tells while it learns, and what it hears: its curve, its samples, its time, and what is asked of it."""

import math
import time
from pathlib import Path

from core import processes, storage
from core.errors import LessonError
from core.generation.generate import Sampling, stream
from core.generation.loaded import Loaded
from core.processes import State
from core.tasks import TASKS
from core.tokens.encode import prompt_ids
from core.training import checkpoints, ranks
from core.training.runs import FINISH, PAUSE, Run, ask, requested
from core.training.settings import Settings

SAMPLE = Sampling(temperature=0.7, top_p=0.9, max_new_tokens=50, seed=11)


class Silent:
    """The state of a process that is not the main one: it keeps what it is told, and writes nothing."""

    def __init__(self) -> None:
        self.content: dict = {}

    def seconds(self) -> float:
        return 0.0

    def write(self, **facts: object) -> None:
        self.content |= facts


def teller(run: Run, state: State | Silent, loaded: Loaded):
    """Builds the callback that tells the curve, the time and the samples, and hears what is asked of the run."""
    from transformers import TrainerCallback

    settings = run.settings()

    class Teller(TrainerCallback):
        def __init__(self) -> None:
            self.began = self.last_write = time.monotonic()
            self.seconds_before = state.content.get("train_seconds", 0.0)
            self.tokens_an_epoch = storage.load_json(run.tokens / "record.json")["tokens"]["train"]
            self.first_step = 0
            self.most_seconds = 60 * run.record().get("most_minutes", 0)  # of a shared server; 0 sets no limit

        def on_train_begin(self, args, trainer_state, control, **_):
            self.began = time.monotonic()
            self.first_step = trainer_state.global_step

        def on_log(self, args, trainer_state, control, logs=None, **_):
            if "loss" not in logs:
                return
            if not math.isfinite(logs["loss"]):
                raise diverged(run, trainer_state.global_step)
            point = {"kind": "train", "step": trainer_state.global_step, "loss": logs["loss"]}
            note(run.metrics, {**point, "learning_rate": logs.get("learning_rate")})

        def on_step_end(self, args, trainer_state, control, **_):
            if self.is_over_time() and ranks.is_main() and not requested(run):
                ask(run, FINISH)
                state.write(over_time=True)
            if wanted := asked(run):
                control.should_training_stop = control.should_save = True
                # Not at a pause: a run that was paused must end as one that was not, with the same best step.
                control.should_evaluate = control.should_evaluate or wanted == FINISH
                state.write(status="stopping")
            if time.monotonic() - self.last_write > 0.5 or control.should_evaluate:
                self.tell(trainer_state)

        def on_evaluate(self, args, trainer_state, control, metrics=None, **_):
            loss = metrics["eval_loss"]
            if not math.isfinite(loss):
                raise diverged(run, trainer_state.global_step)
            point = {"kind": "validation", "step": trainer_state.global_step, "loss": loss}
            note(run.metrics, {**point, "perplexity": math.exp(min(loss, 700))})
            write_sample(run, loaded, trainer_state.global_step)
            if lost_patience(trainer_state.log_history, settings):
                control.should_training_stop = True
            self.tell(trainer_state)

        def on_save(self, args, trainer_state, control, **_):
            ranks.meet()  # each process has written its part
            if ranks.is_main():
                checkpoints.seal(run.checkpoints / f"checkpoint-{trainer_state.global_step}")
                checkpoints.forget(run)

        def is_over_time(self) -> bool:
            return 0 < self.most_seconds < self.seconds_before + time.monotonic() - self.began

        def tell(self, trainer_state) -> None:
            now = time.monotonic()
            seconds = now - self.began
            done = trainer_state.global_step - self.first_step
            left = seconds / done * (trainer_state.max_steps - trainer_state.global_step) if done else None
            state.write(
                step=trainer_state.global_step,
                train_seconds=self.seconds_before + seconds,
                seconds=state.seconds(),
                seconds_left=left,
                tokens_trained=round(self.tokens_an_epoch * (trainer_state.epoch or 0)),
                peak_memory_mb=round(processes.peak_memory_mb()),
            )
            self.last_write = now

    return Teller()


def asked(run: Run) -> str | None:
    """Answers what was asked of the run: the same at the same step in all its processes, whichever heard it."""
    mine = requested(run) if ranks.is_main() else PAUSE if ranks.TOLD_TO_END.is_set() else None
    strongest = ranks.strongest((None, PAUSE, FINISH), mine)
    if strongest and ranks.is_main() and not mine:
        ask(run, strongest)
    return strongest


def note(path: Path, record: dict) -> None:
    """Adds a line to one of the run's files; of several processes, only the main one writes."""
    if ranks.is_main():
        storage.append_json(path, record)


def write_sample(run: Run, loaded: Loaded, step: int) -> None:
    """Lets the model write from the run's prompt; the random state of the training is left as it was."""
    if not ranks.is_main() and not ranks.is_sharded():
        return
    record = run.record()
    was_training = loaded.model.training
    loaded.model.eval()
    room = loaded.room(SAMPLE.max_new_tokens)
    ids = prompt_ids(record["prompt"], TASKS[record["task"]], loaded.tokenizer, record["language"], room)
    text = "".join(written.text for written in stream(loaded, ids, SAMPLE))
    loaded.model.train(was_training)
    note(run.samples, {"step": step, "text": text})


def lost_patience(log_history: list[dict], settings: Settings) -> bool:
    losses = [told["eval_loss"] for told in log_history if "eval_loss" in told]
    return bool(losses and settings.patience) and len(losses) - 1 - losses.index(min(losses)) >= settings.patience


def diverged(run: Run, step: int) -> LessonError:
    return LessonError("training_diverged", step=step, learning_rate=run.settings().learning_rate)
