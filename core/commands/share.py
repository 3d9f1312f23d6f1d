"""What is taken away: models, files, booklets; and a run that goes to another machine."""

import argparse
from dataclasses import replace

from core import processes, texts
from core import project as projects
from core.commands import terminal
from core.errors import LessonError


def merge(options: argparse.Namespace) -> None:
    """Adds the adapter of a run to its base, as one model."""
    from core.sharing import making, merged
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project = terminal.project_of(run)
    with making.told(merged.told(run)) as progress:
        print(merged.make(run, project, terminal.language(options), progress))


def gguf(options: argparse.Namespace) -> None:
    """Writes the model of a run as one file for Ollama, LM Studio and llama.cpp."""
    from core.sharing import gguf_file, making
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project = terminal.project_of(run)
    with making.told(gguf_file.told(run)) as progress:
        print(gguf_file.make(run, project, terminal.language(options), options.quantisation, progress))


def publish(options: argparse.Namespace) -> None:
    """Puts what a run learned on the Hub; for the token, see `terminal.token`."""
    from core.sharing import gate, publication, repository
    from core.sharing import publish as publishing
    from core.training import runs

    run = runs.open_run(options.run_folder)
    told = {"texts": options.texts, "people": options.people, "licence": options.licence}
    gate.keep(run, replace(gate.kept(run), **{name: answer for name, answer in told.items() if answer}))
    wish = publishing.Wish(options.name, options.merged, options.public, options.update)
    publication.publish(run, terminal.project_of(run), wish, terminal.token(terminal.language(options)))
    *_, state = processes.follow(publishing.told(run))
    print(repository.address(state["id"]))


def capsule(options: argparse.Namespace) -> None:
    """Puts a project in one file that any other workshop opens."""
    from core.sharing import capsule as capsules
    from core.sharing import making

    folder = options.project_folder.absolute()
    project = projects.open_project(folder.parent, folder.name)
    with making.told(capsules.told(project)) as progress:
        print(capsules.make(project, not options.without_texts, progress))


def open_capsule(options: argparse.Namespace) -> None:
    """Makes a project of a capsule."""
    from core.sharing import arrival

    if not options.file.is_file():
        raise LessonError("file_not_found", name=options.file)
    print(arrival.open_capsule(terminal.root(options), options.file).folder)


def notebook(options: argparse.Namespace) -> None:
    """Writes what a run did as notebooks, in a ZIP beside it."""
    from core import storage
    from core.sharing import notebook as books
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project = terminal.project_of(run)
    path = run.folder / "share" / "notebook.zip"
    storage.write_bytes(path, books.parcel(run, project, terminal.language(options), options.lessons))
    print(path)


def chapbook(options: argparse.Namespace) -> None:
    """Sets what she did as a booklet, as one HTML page and, if asked, as PDF."""
    from core import storage
    from core.sharing import making
    from core.sharing.chapbook import book, page, passages, pdf
    from core.sharing.chapbook.choices import kept
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project, folder, tongue = terminal.project_of(run), passages.folder(run), terminal.language(options)
    with making.told(folder) as progress:
        if options.again or passages.are_due(run, project):
            passages.write(run, project, progress)
        made = book.make(run, project, kept(project).changed(vars(options)), tongue)
        name = texts.words(tongue, "chapbook")("file_name")
        files = {f"{name}.html": page.make(made).encode(), **({f"{name}.pdf": pdf.make(made)} if options.pdf else {})}
        for name, content in files.items():
            storage.write_bytes(folder / name, content)
            print(folder / name)


def remote(options: argparse.Namespace) -> None:
    """Trains a run, or a project's next one, on a rented machine; or follows one that is there."""
    from core import workshop
    from core.remote import command
    from core.training import runs

    tongue, folder = terminal.language(options), options.run_folder.absolute()
    is_project = (folder / "project.json").is_file()
    project = projects.open_project(folder.parent, folder.name) if is_project else None
    run = workshop.run_to_send(project) if project else runs.open_run(folder)
    token = terminal.token(tongue)
    command.remote(run, token, options, texts.words(tongue, "command"), terminal.teller(tongue))
