"""The training itself: a frozen base and its LoRA adapter, or the whole model, in Hugging Face's Trainer."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.generation import loaded as models
from core.generation.batches import collate
from core.generation.loaded import Loaded
from core.generation.score import Score
from core.training import kernels, ranks
from core.training.order import LikeLengths
from core.training.runs import Run
from core.training.settings import Settings

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer


@dataclass(frozen=True)
class Schedule:
    """How many optimizer steps a run takes, and every how many it is evaluated."""

    steps: int
    evaluate_every: int


def schedule(settings: Settings, rows: int) -> Schedule:
    """Works out the steps and the evaluations; several processes read as many batches at a time."""
    steps = settings.steps(rows, ranks.count())
    return Schedule(steps, max(1, math.ceil(steps / settings.evaluations)))


def width_multiple(settings: Settings, context: int) -> int:
    """Answers of what number a batch's width is a multiple, in tokens; see `kernels.WIDTHS`."""
    return 1 if settings.precision == "fp32" or context % kernels.WIDTHS else kernels.WIDTHS


def load_base(run: Run) -> Loaded:
    """Loads the run's base model, frozen, in the precision (or the 4 bits) that its settings say.

    A model that is to be trained whole is float32: small updates would be lost in bf16.
    """
    settings = run.settings()
    folder = Path(run.record()["model_folder"])
    precision = "fp32" if settings.method == "full" else settings.precision
    # A model that is to be shared out among cards may fit on none of them: it waits in main memory.
    device = "cpu" if ranks.is_sharded() else None
    loaded = models.load(folder, precision=precision, four_bit=settings.method == "qlora", device=device)
    loaded.model.requires_grad_(False)
    _keep_passing_gradients(loaded)
    return loaded


def _keep_passing_gradients(loaded: Loaded) -> None:
    """Keeps 4-bit layers as they can be trained through.

    On processors with AVX512-BF16, bitsandbytes packs them otherwise as soon as they are only read, and their
    gradient then stops there, without a word: all adapters but the last learn from almost nothing.
    """
    for module in loaded.model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def open_for_training(loaded: Loaded, settings: Settings) -> Loaded:
    """Puts a new LoRA adapter on a frozen base; or, where the method is `full`, frees all its weights.

    The adapter's weights are float32 even over a bf16 base: small updates would be lost in bf16.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(settings.seed)
    if settings.method == "full":
        loaded.model.requires_grad_(True)
        return loaded
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=_targets(loaded, settings.lora_targets),
        task_type="SEQ_2_SEQ_LM" if loaded.is_seq2seq else "CAUSAL_LM",
    )
    model = get_peft_model(loaded.model, config)
    if not ranks.is_sharded():  # else each weight must stay where FSDP finds it
        kernels.quicken(model)
    return Loaded(model, loaded.tokenizer, loaded.context)


def _targets(loaded: Loaded, wanted: str) -> str | list[str]:
    """Answers the layers that get an adapter: all linear ones but the output (as in Dettmers et al., 2023), those of
    attention (Hu et al., 2021), or the others.
    """
    if wanted == "all-linear":
        return wanted
    head = loaded.model.get_output_embeddings()
    linear = [
        name
        for name, module in loaded.model.named_modules()
        if type(module).__name__ in ("Linear", "Linear4bit", "Conv1D") and module is not head
    ]
    is_attention = [bool(re.search("attn|attention", name, re.IGNORECASE)) for name in linear]
    return [name for name, is_it in zip(linear, is_attention, strict=True) if is_it == (wanted == "attention")]


def load_weights(loaded: Loaded, checkpoint: Path) -> None:
    """Puts what a checkpoint had learned in a model that is open for training."""
    from peft import PeftModel
    from safetensors.torch import load_model

    if isinstance(loaded.model, PeftModel):
        loaded.model.load_adapter(str(checkpoint), loaded.model.active_adapter)
    else:
        load_model(loaded.model, checkpoint / "model.safetensors")


def fingerprint(loaded: Loaded) -> list[float]:
    """Answers one number for each of the base's weights, to see later whether training changed any."""
    return [float(p.detach().double().sum()) for p in loaded.model.parameters()]


def is_untouched(loaded: Loaded, before: list[float]) -> bool:
    """Says whether training changed nothing: of each of LoRA's products one factor is still all zeros; of a model
    trained whole, each weight has the sum that `before` says.
    """
    factors = [p for name, p in loaded.model.named_parameters() if "lora_B" in name]
    return not any(bool(p.any()) for p in factors) if factors else fingerprint(loaded) == before


def make_trainer(
    run: Run,
    loaded: Loaded,
    train: "Dataset",
    validation: list[dict],
    callbacks: list,
    shared: Settings | None = None,
) -> "Trainer":
    """Builds the Trainer. Its evaluation is ours: the mean loss over tokens, not over batches.

    `shared` stand for the run's own settings where its processes are not as many as it began with.
    """
    import torch
    from transformers import PrinterCallback, Trainer, TrainingArguments

    settings = shared or run.settings()
    planned = schedule(settings, len(train))
    blanks = ranks.blank_rows(len(train), settings.batch_size)
    pad_id = loaded.tokenizer.eos_id or 0
    multiple = width_multiple(settings, loaded.context)
    arguments = TrainingArguments(
        output_dir=str(run.checkpoints),
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="constant_with_warmup" if settings.schedule == "constant" else settings.schedule,
        warmup_steps=round(settings.warmup_share * planned.steps),
        weight_decay=settings.weight_decay,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=settings.method == "full" and settings.precision == "bf16",  # as autocast, over float32 weights
        max_steps=planned.steps,
        eval_strategy="steps",
        eval_steps=planned.evaluate_every,
        save_strategy="steps",
        save_steps=planned.evaluate_every,
        save_total_limit=None,  # see checkpoints.forget
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,  # a loss that is no number must be seen at once
        remove_unused_columns=False,
        label_names=["labels"],
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        seed=settings.seed,
        data_seed=settings.seed,
        report_to=[],
        disable_tqdm=True,
        ddp_find_unused_parameters=False,  # every step uses the whole adapter
    )

    class TokenTrainer(Trainer):
        def _get_train_sampler(self, train_dataset=None):
            rows = settings.batch_size * settings.gradient_accumulation_steps * ranks.count()
            self.sampler = LikeLengths(train["length"], rows, settings.seed, blanks)
            return self.sampler

        def _run_epoch(self, *args, epoch: int, **others) -> None:
            # Of several processes that continue in mid-epoch, accelerate's loader does not reach it.
            self.sampler.set_epoch(epoch)
            super()._run_epoch(*args, epoch=epoch, **others)

        def floating_point_ops(self, inputs) -> int:
            return 0  # nobody reads the sum, and counting walks through all modules at every step

        def evaluate(self, *_, **__) -> dict[str, float]:
            total = sum(ranks.scores(self.model, validation), Score(0.0, 0, 0))
            metrics = {"eval_loss": total.loss, "eval_tokens": total.tokens}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)  # type: ignore[has-type]
            return metrics

    trainer = TokenTrainer(
        model=loaded.model,
        args=arguments,
        train_dataset=ranks.filled(train, blanks),
        eval_dataset=validation,
        data_collator=lambda rows: collate(rows, pad_id, multiple),
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer
