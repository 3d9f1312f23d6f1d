import pytest
import torch
from torch.nn.functional import cross_entropy

from core.data import table
from core.generation import loaded as models
from core.models.folder import find
from core.tokens.encode import IGNORED
from core.training import engine
from core.training.settings import Settings

BASE = find("classroom")
# As summaries are: much that is only read, and a few tokens, more or fewer, that are scored.
READ_AND_SCORED = ((3, 9), (17, 2), (30, 5), (8, 1), (22, 12), (5, 4), (11, 7), (2, 20))


@pytest.fixture(scope="module")
def base():
    return models.load(BASE, precision="fp32")


@pytest.fixture(scope="module")
def rows(project) -> list[dict]:
    ids = [id for row in table.rows(project.tokens / "train") for id in row["input_ids"]]
    made, at = [], 0
    for read, scored in READ_AND_SCORED:
        piece, at = ids[at : at + read + scored], at + read + scored
        made.append({"input_ids": piece, "labels": [IGNORED] * read + piece[read:], "length": len(piece)})
    return made


def by_hand(model, rows: list[dict]) -> float:
    """The mean loss of the scored tokens, each row read alone."""
    nats, tokens = 0.0, 0
    with torch.no_grad():
        for row in rows:
            logits = model(torch.tensor([row["input_ids"]])).logits[0]
            for place, label in enumerate(row["labels"]):
                if label != IGNORED:
                    nats += float(cross_entropy(logits[place - 1], torch.tensor(label)))
                    tokens += 1
    assert tokens == sum(scored for _, scored in READ_AND_SCORED[: len(rows)])
    return nats / tokens


def test_a_batch_is_padded_to_its_longest_row_and_padding_is_neither_read_nor_scored(rows):
    batch = engine.collate(rows, pad_id=0)
    longest = max(row["length"] for row in rows)
    assert batch["input_ids"].shape == batch["attention_mask"].shape == batch["labels"].shape == (len(rows), longest)
    for line, row in enumerate(rows):
        assert batch["attention_mask"][line].tolist() == [1] * row["length"] + [0] * (longest - row["length"])
        assert set(batch["labels"][line, row["length"] :].tolist()) <= {IGNORED}


def test_in_bf16_a_batch_has_one_of_few_widths_since_each_is_compiled(project, new_run, rows):
    from datasets import Dataset

    lines = Dataset.from_list(rows).select_columns(["input_ids", "labels", "length"])
    longest = max(row["length"] for row in rows)
    for precision, width in (("bf16", -(-longest // 8) * 8), ("fp32", longest)):
        run = new_run(project, max_steps=1, precision=precision)
        loaded = engine.open_for_training(engine.load_base(run), run.settings())
        batch = engine.make_trainer(run, loaded, lines, [], []).data_collator(rows)
        assert batch["input_ids"].shape == batch["labels"].shape == (len(rows), width)


def test_padding_to_64_changes_no_loss(base, rows):
    batch = engine.collate(rows, pad_id=0)
    room = 64 - batch["input_ids"].shape[1]
    filling = {"input_ids": 0, "attention_mask": 0, "labels": IGNORED}
    wide = {name: torch.nn.functional.pad(values, (0, room), value=filling[name]) for name, values in batch.items()}
    with torch.no_grad():
        assert float(base.model(**wide).loss) == pytest.approx(float(base.model(**batch).loss), rel=1e-5)


def test_only_what_is_labelled_is_scored(base, rows):
    with torch.no_grad():
        loss = float(base.model(**engine.collate(rows, pad_id=0)).loss)
    assert loss == pytest.approx(by_hand(base.model, rows), rel=1e-5)


def test_the_loss_that_training_tells_is_the_mean_over_scored_tokens_whatever_the_batches(project, new_run, rows):
    """A mean of batch means would weigh a one-token summary as much as a twenty-token one."""
    from datasets import Dataset

    run = new_run(
        project,
        batch_size=2,
        gradient_accumulation_steps=4,
        max_steps=1,
        lora_dropout=0,
        precision="fp32",
        evaluations=1,
    )
    loaded = engine.open_for_training(engine.load_base(run), run.settings())
    expected = by_hand(loaded.model, rows)
    before = {name: weights.clone() for name, weights in loaded.model.named_parameters()}
    validation = table.rows(run.tokens / "validation")
    trainer = engine.make_trainer(run, loaded, Dataset.from_list(rows), validation, [])
    trainer.train()
    told = next(entry["loss"] for entry in trainer.state.log_history if "loss" in entry)
    assert told == pytest.approx(expected, rel=1e-4)
    moved = {name for name, weights in loaded.model.named_parameters() if not torch.equal(weights, before[name])}
    assert moved
    assert all("lora_" in name for name in moved), "the base must stay as it was"


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_the_adapter_is_float32_over_a_frozen_base(precision: str):
    base = models.load(BASE, precision=precision)
    base.model.requires_grad_(False)
    model = engine.open_for_training(base, Settings(lora_rank=4)).model
    trained = {name: weights for name, weights in model.named_parameters() if weights.requires_grad}
    frozen = {name: weights for name, weights in model.named_parameters() if not weights.requires_grad}
    assert all("lora_" in name for name in trained)
    assert {weights.dtype for weights in trained.values()} == {torch.float32}
    assert {weights.dtype for weights in frozen.values()} == {torch.bfloat16 if precision == "bf16" else torch.float32}
    assert len(trained) == 2 * 7 * base.model.config.num_hidden_layers, (
        "two matrices on each linear layer of each block"
    )


def test_a_new_adapter_changes_nothing_yet(base, rows):
    fresh = models.load(BASE, precision="fp32")
    adapted = engine.open_for_training(fresh, Settings()).model.eval()
    batch = engine.collate(rows, pad_id=0)
    with torch.no_grad():
        assert torch.equal(adapted(**batch).logits, base.model(**batch).logits)


@pytest.mark.parametrize(
    ("settings", "steps", "every"),
    [
        (Settings(epochs=4, batch_size=8, evaluations=4), 20, 5),
        (Settings(epochs=4, batch_size=8, gradient_accumulation_steps=3, evaluations=4), 8, 2),
        (Settings(epochs=0.01, batch_size=8), 1, 1),
        (Settings(max_steps=30, evaluations=4), 30, 8),
        (Settings(max_steps=3, evaluations=100), 3, 1),
    ],
)
def test_steps_follow_from_the_rows_and_the_settings(settings: Settings, steps: int, every: int):
    assert engine.schedule(settings, rows=40) == engine.Schedule(steps, every)


def test_the_order_of_the_texts_depends_on_the_seed_and_the_epoch_alone(project, new_run):
    from datasets import load_from_disk

    def orders(seed: int, epochs: list[int]) -> list[list[int]]:
        run = new_run(project, seed=seed)
        loaded = engine.open_for_training(engine.load_base(run), run.settings())
        train = load_from_disk(str(run.tokens / "train")).select_columns(["input_ids", "labels", "length"])
        loader = engine.make_trainer(run, loaded, train, [], []).get_train_dataloader()
        read = []
        for epoch in epochs:
            torch.rand(epoch + seed)  # as dropout does, it moves torch's own state
            loader.set_epoch(epoch)
            read.append([tuple(row) for batch in loader for row in batch["input_ids"].tolist()])
        return read

    first, second = orders(7, [0, 1])
    assert first != second
    assert orders(7, [1]) == [second]
    assert orders(8, [1]) != [second]
    assert len(first) == 40
