"""Step 13: what she takes home is made when she asks, and said where it lies."""

import ast
import io
import zipfile
from pathlib import Path

import nbformat
import pypdfium2
import pytest
from nbclient import NotebookClient

from core import cli, texts, workshop
from core import project as projects
from core.evaluation import evaluate
from core.sharing import arrival, capsule, gguf_file, gguf_tensors, merged, notebook
from core.sharing.chapbook import choices as chapbook
from core.sharing.chapbook import passages
from core.training import runs


def press(page, key):
    page.button(key=key).click().run()
    assert not page.exception


def open_parts(page):
    """Answers the parts that stand open, by their names."""
    return [one.label.strip("*") for one in page.expander if one.proto.expanded]


def test_the_whole_model_is_made_while_she_waits_and_then_given(visit, project, done):
    (run,) = runs.list_runs(project)
    page = visit("13_share", project=project)
    assert open_parts(page) == []
    assert "merged.download" not in [button.key for button in page.get("download_button")]
    press(page, "merged.make")
    done(merged.told(run))
    page.run()
    assert not page.error
    assert open_parts(page) == [texts.words("es", "13_share")("merged")], "what she used is not to be looked for"
    assert "merged.download" in [button.key for button in page.get("download_button")]
    assert str(merged.folder(run)) in [block.value for block in page.code]


def test_a_process_that_was_cut_off_is_said_with_the_button_to_try_again(visit, project, done):
    from core import storage

    (run,) = runs.list_runs(project)
    gone = {"status": "running", "pid": 2**22 + 1, "born": "", "done": 0.5}
    storage.write_json(merged.told(run) / "state.json", gone)
    page = visit("13_share", project=project)
    assert texts.words("es", "errors")("making_died") in page.error[0].value
    press(page, "merged.make")
    done(merged.told(run))
    assert merged.is_made(run)


def test_both_models_write_for_the_chapbook_and_she_takes_it_with_her_title(visit, project, done, capsys):
    (run,) = runs.list_runs(project)
    page = visit("13_share", project=project)
    press(page, "chapbook.make")
    done(passages.folder(run))
    page.run()
    assert not page.error
    written = passages.written(run)
    assert written
    assert page.multiselect[0].value == [one.id for one in written]
    assert {"chapbook.pdf", "chapbook.html"} <= {button.key for button in page.get("download_button")}
    page.text_input(key="chapbook.title").set_value("El río").run()
    page.multiselect[0].unselect(written[0].id).run()
    page.toggle(key="chapbook.look").set_value(True).run()
    assert not page.exception
    assert page.slider[0].max > 5, "a page each for title, foreword, texts, curve and figures, at least"
    kept = chapbook.kept(projects.open_project(project.folder.parent, project.id))
    assert (kept.title, kept.passages) == ("El río", tuple(one.id for one in written[1:]))

    assert cli.main(["chapbook", str(run.folder), "--pdf", "--author", "Ana", "--without", "limits"]) == 0
    html, made = (Path(line) for line in capsys.readouterr().out.split())
    assert "<h1>El río</h1>" in html.read_text(encoding="utf-8")
    assert pypdfium2.PdfDocument(made).get_metadata_dict()["Author"] == "Ana"
    assert passages.written(run) == written, "nothing is written again unless she asks"


def test_a_capsule_goes_from_step_13_to_another_workshops_first_page_and_is_gone_on_with(
    visit, project, done, tmp_path, monkeypatch
):
    page = visit("13_share", project=project)
    press(page, "capsule.make")
    done(capsule.told(project))
    page.run()
    assert "capsule.download" in [button.key for button in page.get("download_button")]
    content = capsule.made(project, with_texts=True).read_bytes()

    there = tmp_path / "there"
    monkeypatch.setenv("LLMS_WORKSPACE", str(there))
    page = visit("Home")
    page.file_uploader(key="capsule.file").upload("capsula.zip", content).run()
    assert not page.exception
    assert [project.name in said.value for said in page.success] == [True]
    (opened,) = projects.list_projects(there)
    assert opened.owner == page.session_state["browser"]
    assert page.session_state["project"] == opened.id
    assert workshop.progress(opened) == workshop.progress(project)
    for name in ("05_load_texts", "08_lengths", "10_train", "11_evaluate", "12_compare", "13_share"):
        page = visit(name, project=opened)
        assert not page.exception
        assert not page.error


def test_without_texts_the_results_are_shown_and_the_texts_are_asked_for(visit, project):
    opened = arrival.open_capsule(project.folder.parent, capsule.make(project, with_texts=False))
    for name in ("06_clean_texts", "10_train", "12_compare", "13_share"):
        page = visit(name, project=opened)
        assert not page.exception
        assert all(texts.words("es", "errors")("texts_not_here") in said.value for said in page.error)
    page = visit("11_evaluate", project=opened)
    assert not page.error
    assert page.get("plotly_chart")


def test_what_is_no_capsule_is_said_on_the_first_page_and_nothing_is_kept(visit, workspace):
    page = visit("Home")
    page.file_uploader(key="capsule.file").upload("otra.zip", b"PK\x05\x06" + bytes(18)).run()
    assert not page.exception
    assert texts.words("es", "errors")("not_a_capsule") in page.error[0].value
    assert projects.list_projects(workspace) == []
    assert not [path for path in workspace.iterdir() if path.name.startswith("tmp")]


def test_her_notebook_run_in_jupyter_gives_what_the_workshop_measured(project, tmp_path, monkeypatch):
    """In a folder of its own, where this project is not to be found."""
    (run,) = runs.list_runs(project)
    zipfile.ZipFile(io.BytesIO(notebook.parcel(run, project, "es"))).extractall(tmp_path / "parcel")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    book = nbformat.read(tmp_path / "parcel" / "taller.ipynb", 4)
    resources = {"metadata": {"path": str(tmp_path / "parcel")}}
    NotebookClient(book, timeout=300, kernel_name="python3", resources=resources).execute()
    (cell,) = [cell for cell in book.cells if cell.id == "evaluate"]
    said = "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")
    base, adapted, measured = [ast.literal_eval(line)["perplexity"] for line in said.splitlines()]
    ours = {side: evaluate.values(evaluate.read(run), side)["perplexity"] for side in ("base", "adapted")}
    assert measured == ours["adapted"]
    assert adapted == pytest.approx(ours["adapted"], rel=0.01)
    assert base == pytest.approx(ours["base"], rel=0.01)
    assert (tmp_path / "parcel" / "adapter" / "adapter_model.safetensors").is_file()


def test_the_gguf_file_is_made_given_loaded_again_and_writes(visit, project, done):
    (run,) = runs.list_runs(project)
    page = visit("13_share", project=project)
    press(page, "gguf.make")
    done(gguf_file.told(run))
    page.run()
    assert not page.error
    assert "gguf.download" in [button.key for button in page.get("download_button")]
    content = (gguf_file.folder(run) / gguf_file.file_name(run, "q8_0")).read_bytes()
    page.file_uploader(key="adapter_file").upload("mio.gguf", content).run()
    press(page, "write")
    assert not page.error
    assert projects.open_project(project.folder.parent, project.id).choices["13_share"]["wrote"]


def test_a_path_that_is_none_is_said_beside_it_and_one_that_is_can_write(visit, project):
    (run,) = runs.list_runs(project)
    page = visit("13_share", project=project)
    page.text_input(key="load.path").set_value("/no/hay/nada")
    press(page, "load.path.open")
    assert texts.words("es", "errors")("kept_not_found") in page.error[0].value
    page.text_input(key="load.path").set_value(f'"{run.adapter}"')
    press(page, "load.path.open")
    assert not page.error
    assert page.selectbox(key="which_adapter").value == run.adapter


def test_of_a_model_that_cannot_be_a_gguf_file_the_page_shows_the_commands_of_llama_cpp(visit, project, monkeypatch):
    monkeypatch.setitem(gguf_tensors.ARCHITECTURES, "llama", None)
    page = visit("13_share", project=project)
    assert any(texts.words("es", "errors")("gguf_architecture") in said.value for said in page.info)
    assert not page.error
    assert "gguf.make" not in [button.key for button in page.button]
    assert any("convert_hf_to_gguf.py" in said.value for said in page.code)
    assert any(said.value.startswith("FROM ./modelo.gguf") for said in page.code)
