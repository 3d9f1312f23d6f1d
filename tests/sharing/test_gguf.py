"""The GGUF file, opened by the program that it is for: llama.cpp itself reads it, cuts texts with it, and writes."""

from pathlib import Path

from llama_program import running
from sharing.test_merged import with_base

from core.generation.generate import Sampling, stream
from core.generation.loaded import load
from core.sharing import gguf_file

BEGINNINGS = ["Abrí la ventana y", "Mi abuela decía que", "La luna\n", "¿Dónde están", "Pasó un año"]
VERSE = "Verso con acentos:\n\n  ¡Ñandú, güiro!\n«—¿Y qué?» 1234\tfin…\r\n\r\n  Él, aún, 3,5 %  "


def greedy(run, ids: list[int], precision: str = "fp32") -> str:
    loaded = load(Path(run.record()["model_folder"]), run.adapter, precision)
    return "".join(step.text for step in stream(loaded, ids, Sampling(temperature=0, max_new_tokens=40)))


def test_llama_cpp_writes_with_it_token_for_token_what_the_workshop_writes(loaded):
    from core.classroom import MODEL

    project = loaded()
    run = with_base(project, MODEL)
    file = gguf_file.make(run, project, "es", "f16") / gguf_file.file_name(run, "f16")
    model = load(MODEL, run.adapter, "fp32")
    with running(file) as program:
        assert program.ids(VERSE) == model.tokenizer.encode(VERSE)
        for text in BEGINNINGS:
            ids = [model.tokenizer.bos_id, *model.tokenizer.encode(text)]
            steps = stream(model, ids, Sampling(temperature=0, max_new_tokens=40))
            written = "".join(step.text for step in steps)
            assert program.ids(text, begins=True) == ids
            assert program.write(text) == written
            assert program.chat(text).strip() == written.strip()
