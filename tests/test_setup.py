"""The set-up, with real processes: a small copy of the tree that needs one small package, made here."""

import ast
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from core import __main__ as entry
from core.setup import app, checks, command, environment, interpreter, pip, speech
from core.texts import system_language, words

ROOT = Path(__file__).parent.parent
SETUP = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "core" / "setup").glob("*.py"))
NEEDED = ("core/__init__.py", "core/__main__.py", "core/texts.py", "core/errors.py", *SETUP)
TEXTS = ("pages/texts/es/setup.md", "pages/texts/en/setup.md")
# Stands for core/cli.py: says which interpreter runs it, and what it was asked.
COMMAND_LINE = "import sys\ndef main(arguments):\n    print(sys.prefix, *arguments)\n    return 7\n"


def plant(folder: Path, requirements: str = "verso==1.0\n") -> Path:
    """Makes a tree that can be set up, in `folder`."""
    for name in (*NEEDED, *TEXTS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "core/cli.py").write_text(COMMAND_LINE)
    (folder / "requirements.txt").write_text(requirements)
    return folder


def bind(folder: Path, version: str) -> None:
    """Makes a wheel of the package verso, with nothing in it."""
    about = f"verso-{version}.dist-info"
    with zipfile.ZipFile(folder / f"verso-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("verso.py", "")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: verso\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def surroundings(**more: str) -> dict[str, str]:
    """Answers an environment where pip has no settings of this machine's, and the language is Spanish."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "LC_", "LLMS_"))}
    return {**kept, "LANG": "es_AR.UTF-8", "PYTHONUTF8": "1", "PIP_CONFIG_FILE": os.devnull, **more}


def start(tree: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        cwd=tree,
        env=surroundings(**environment),
        stdout=pipe,
        stderr=pipe,
        text=True,
        encoding="utf-8",
    )


def finish(tree: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = start(tree, *arguments, **environment)
    out, err = process.communicate(timeout=60)
    return process.returncode, out.strip(), err.strip()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> dict[str, str]:
    """An index of our own: a folder with two versions of one package; and no network."""
    folder = tmp_path_factory.mktemp("shelf")
    bind(folder, "1.0")
    bind(folder, "2.0")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


@pytest.fixture(scope="module")
def made(tmp_path_factory, shelf) -> tuple[Path, str, str]:
    """A tree set up from nothing, and what the first command said on stdout and stderr."""
    tree = plant(tmp_path_factory.mktemp("made"))
    _, out, err = finish(tree, "adapt", "poemas.txt", **shelf)
    return tree, out, err


# ---------------------------------------------------------------- before anything


def test_an_old_python_gets_one_sentence(capsys):
    assert entry.main(["app"], version=(3, 8, 18)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "3.11" in said
    assert "3.8" in said


def test_the_python_in_use_is_not_refused():
    assert entry.refusal(sys.version_info) is None


@pytest.mark.parametrize("name", ["core/__main__.py", *SETUP])
def test_old_pythons_can_read_what_runs_before_the_setup(name):
    ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_what_runs_before_the_setup_is_standard_library_only():
    script = "import sys; import core.setup.command; print(*sorted({n.partition('.')[0] for n in sys.modules}))"
    # -S leaves site-packages out: an import of anything installed would fail.
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - set(sys.stdlib_module_names) <= {"core", "__main__"}


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_alone_it_says_how_it_is_used(tmp_path, arguments):
    status, out, err = finish(plant(tmp_path), *arguments)
    assert (status, err) == (0, "")
    assert all(f"python3 -m core {name}" in out for name in command.COMMANDS)
    assert "abre el taller" in out
    assert not (tmp_path / ".venv").exists()


def test_an_unknown_command_is_refused_before_any_setup(tmp_path):
    status, out, err = finish(plant(tmp_path), "adaptar")
    assert (status, out) == (2, "")
    assert err.startswith("No conozco la orden «adaptar».")
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"LLMS_LANGUAGE": "en", "LC_ALL": "es_AR.UTF-8"}, "en"),
        ({"LLMS_LANGUAGE": "es", "LANG": "en_GB.UTF-8"}, "es"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "es_AR.UTF-8"}, "en"),
        ({"LC_MESSAGES": "en_GB.UTF-8", "LANG": "es_AR.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "es"),
        ({}, "es"),
    ],
)
def test_the_language_is_hers_then_her_systems_then_spanish(monkeypatch, said, expected):
    for name in ("LLMS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert system_language() == expected


def test_in_english_it_speaks_english(tmp_path):
    _, out, _ = finish(plant(tmp_path), LLMS_LANGUAGE="en")
    assert "opens the workshop in the browser" in out


# ---------------------------------------------------------------- the rule


def test_where_everything_is_installed_no_venv_is_made(tmp_path):
    tree = plant(tmp_path, f"# here already\npytest=={pytest.__version__}  # as it is\n")
    status, out, err = finish(tree, "adapt", "poemas.txt")
    assert (status, out, err) == (7, f"{sys.prefix} adapt poemas.txt", "")
    assert not (tree / ".venv").exists()


def test_a_first_start_makes_the_venv_and_goes_on_in_it(made):
    tree, out, err = made
    assert out == f"{tree / '.venv'} adapt poemas.txt"
    assert err.startswith("Es la primera vez")
    assert err.splitlines()[-1].startswith("El taller quedó listo")
    assert (tree / ".venv" / "setup.log").read_text()


def test_a_second_start_says_nothing_and_is_quick(made):
    tree, _, _ = made
    started = time.monotonic()
    status, out, err = finish(tree, "generate", "corrida", "Era una tarde")
    assert (status, out, err) == (7, f"{tree / '.venv'} generate corrida Era una tarde", "")
    assert time.monotonic() - started < 1


def test_a_changed_pin_is_brought_up_to_date(made, shelf):
    tree, _, _ = made
    (tree / "requirements.txt").write_text("verso==2.0\n")
    try:
        _, out, err = finish(tree, "adapt", **shelf)
        assert err.startswith("Pongo al día")
        assert out == f"{tree / '.venv'} adapt"
        assert list((tree / ".venv").glob("**/verso-2.0.dist-info"))
    finally:
        (tree / "requirements.txt").write_text("verso==1.0\n")


def test_the_record_is_fresh_only_for_the_same_files_and_python(tmp_path, monkeypatch):
    monkeypatch.setattr(interpreter, "ROOT", plant(tmp_path))
    monkeypatch.setattr(interpreter, "RECORD", tmp_path / "complete.json")
    monkeypatch.setattr(interpreter, "PYTHON", Path(sys.executable))
    for_app, for_tests = ("requirements.txt",), ("requirements.txt", "tests/requirements.txt")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/requirements.txt").write_text("prueba==1.0\n")
    assert not interpreter.complete(for_app)
    interpreter.RECORD.write_text(json.dumps(interpreter.fingerprint(for_app)))
    assert interpreter.complete(for_app)
    assert not interpreter.complete(for_tests)
    interpreter.RECORD.write_text(json.dumps(interpreter.fingerprint(for_tests)))
    assert interpreter.complete(for_app)
    assert interpreter.complete(for_tests)
    with monkeypatch.context() as later:
        later.setattr(interpreter, "PYTHON_VERSION", "3.99")
        assert not interpreter.complete(for_app)
    (tmp_path / "requirements.txt").write_text("verso==2.0\n")
    assert not interpreter.complete(for_app)
    interpreter.RECORD.write_text("not even JSON")
    assert not interpreter.complete(for_app)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_two_setups_at_once_wait_and_a_killed_one_is_mended(tmp_path, shelf):
    tree = plant(tmp_path)
    first = start(tree, "adapt", **shelf)
    while not (tree / ".venv" / "setup.log").exists():
        time.sleep(0.02)
    second = start(tree, "adapt", **shelf)
    assert second.stderr.readline() == "Otra ventana está preparando el taller: espero a que termine.\n"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not (tree / ".venv" / "complete.json").exists()
    out, err = second.communicate(timeout=60)
    assert out.strip() == f"{tree / '.venv'} adapt"
    assert err.startswith("Es la primera vez")


# ---------------------------------------------------------------- what can go wrong


def test_no_network_is_one_sentence_and_the_next_start_mends_it(tmp_path, shelf):
    tree = plant(tmp_path)
    # Nobody answers on this port, and at once: the first of pip's tries and the one it may repeat.
    status, out, err = finish(tree, "adapt", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="1")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("No llego al depósito de paquetes de Python")
    assert "Traceback" not in err
    assert finish(tree, "adapt", **shelf)[:2] == (7, f"{tree / '.venv'} adapt")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    tree = plant(tmp_path)
    (tree / ".venv").write_text("in the way: root writes everywhere, so a read-only folder would stop nobody")
    status, _, err = finish(tree, "app", LLMS_LANGUAGE="en")
    assert status == 2
    assert err.startswith(words("en", "setup")("set_up_failed", folder=str(tree), reason="").split(":")[0])
    assert str(tree / ".venv") in err


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.EIO, "set_up_failed"),
        (errno.EACCES, "not_writable"),
        (errno.EROFS, "not_writable"),
        (errno.ENOSPC, "disk_full"),
    ],
)
def test_trouble_with_the_disk_is_said_for_what_it_is(monkeypatch, number, key):
    def broken(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(environment, "satisfied", lambda _: False)
    monkeypatch.setattr(environment, "complete", lambda _: False)
    monkeypatch.setattr(environment, "alone", broken)
    monkeypatch.setattr(environment, "VENV", Path("elsewhere"))
    with pytest.raises(speech.SetupError) as caught:
        environment.prepare(["requirements.txt"], words("es", "setup"))
    assert caught.value.key == key
    assert (os.strerror(number) in words("es", "setup")(key, **caught.value.facts)) == (key == "set_up_failed")


def test_too_little_disk_is_said_with_both_figures(monkeypatch):
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: SimpleNamespace(free=3e8))
    with pytest.raises(speech.SetupError) as caught:
        environment.check_disk(2500, words("es", "setup"))
    assert caught.value.key == "disk_small"
    assert (caught.value.facts["needed"], caught.value.facts["free"]) == ("2,5 GB", "300 MB")


def test_a_python_without_venv_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(speech.SetupError) as caught:
        environment.check_python()
    said = words("es", "setup")(caught.value.key, **caught.value.facts)
    assert f"sudo apt install python{interpreter.PYTHON_VERSION}-venv" in said


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("ERROR: OSError: [Errno 28] No space left on device", "disk_full"),
        ("ERROR: OSError: [Errno 13] Permission denied: '.venv/lib'", "not_writable"),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\n"
            "ERROR: No matching distribution found for torch==2.13.0",
            "no_network",
        ),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", "no_network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no_package"),
        ("error: subprocess-exited-with-error", "pip_failed"),
    ],
)
def test_what_pip_says_becomes_a_sentence(said, key):
    error = pip.diagnosis(said)
    assert error.key == key
    assert all("{" not in words(language, "setup")(key, **error.facts) for language in ("es", "en"))


def test_progress_names_what_is_downloaded_with_its_size():
    progress, text = pip.Progress(), words("es", "setup")
    progress.take("Collecting torch==2.13.0 (from -r requirements.txt (line 19))")
    assert progress.in_words(text) == "Reúno la lista de paquetes: 1"
    progress.take("  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (30 kB)")
    progress.take("Collecting pandas==3.1.1")
    progress.take("Downloading pandas-3.1.1-cp311-cp311-manylinux_2_28_x86_64.whl (11.4 MB)")
    assert progress.in_words(text) == "Bajo los paquetes (1/2): pandas, 11 MB"
    progress.take("Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (191.8 MB)")
    assert progress.in_words(text) == "Bajo los paquetes (2/2): torch, 0 de 192 MB"
    progress.take("Installing collected packages: pandas, torch")
    assert progress.in_words(text) == "Instalo los paquetes: 0 de 2"


# ---------------------------------------------------------------- app, test


def test_the_app_takes_the_next_port_where_someone_answers():
    first = app.free_port()
    with app.socket.socket() as taken:
        taken.setsockopt(app.socket.SOL_SOCKET, app.socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert app.free_port() > first


def test_a_port_that_was_asked_for_and_is_taken_is_said(tmp_path):
    with app.socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        tree = plant(tmp_path, f"pytest=={pytest.__version__}\n")
        status, _, err = finish(tree, "app", "--no-browser", f"--server.port={port}")
    assert (status, err) == (2, words("es", "setup")("port_taken", port=str(port)))


@pytest.mark.parametrize("port", ["99999", "0", "ocho"])
def test_what_is_no_port_is_said(port):
    with pytest.raises(speech.SetupError) as caught:
        app.check_port(port)
    assert caught.value.key == "no_such_port"
    assert port in words("es", "setup")(caught.value.key, **caught.value.facts)


@pytest.mark.parametrize("name", ["app", "test"])
def test_what_opens_and_what_checks_explain_their_options_and_set_nothing_up(tmp_path, name):
    status, out, err = finish(plant(tmp_path), name, "--help")
    assert (status, out, err) == (0, words("es", "setup").body(f"usage.{name}").strip(), "")
    assert not (tmp_path / ".venv").exists()


def test_the_app_says_its_address_and_ends_quietly(tmp_path):
    tree = plant(tmp_path, f"pytest=={pytest.__version__}\n")
    (tree / "Home.py").write_text("import streamlit as st\nst.title('Taller')\n")
    server = start(tree, "app", "--no-browser", "--client.toolbarMode=minimal")
    said = server.stderr.readline()
    assert said.startswith("El taller está abierto en http://127.0.0.1:")
    server.send_signal(signal.SIGTERM if os.name != "nt" else signal.CTRL_BREAK_EVENT)
    out, err = server.communicate(timeout=20)
    assert (out, err) == ("", "")


# Says what cloudflared says, its own service's address first, and then stays.
CLOUDFLARED = """#!/bin/sh
echo "$@" > "$(dirname "$0")/asked"
echo 'INF Requesting new quick Tunnel on trycloudflare.com... https://api.trycloudflare.com/tunnel' >&2
sleep 0.2
echo '|  https://cuatro-palabras-al-azar.trycloudflare.com                   |' >&2
exec sleep 60
"""


def cloudflared(folder: Path, script: str = CLOUDFLARED) -> str:
    """Puts a program of that name in `folder`, and answers a PATH on which it is found."""
    (folder / "cloudflared").write_text(script)
    (folder / "cloudflared").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(os.name == "nt", reason="what stands in for cloudflared is a shell script")
def test_by_a_tunnel_the_app_says_its_public_address_and_a_code_that_the_server_knows(tmp_path):
    tree = plant(tmp_path, f"pytest=={pytest.__version__}\n")
    (tree / "Home.py").write_text("import streamlit as st\nst.title('Taller')\n")
    (tmp_path / "bin").mkdir()
    process = start(tree, "app", "--tunnel", PATH=cloudflared(tmp_path / "bin"))
    said = [process.stderr.readline().strip() for _ in range(3)]
    assert said[1] == "El taller está abierto en https://cuatro-palabras-al-azar.trycloudflare.com"
    children = psutil.Process(process.pid).children()
    (server,) = [child for child in children if "streamlit" in child.cmdline()]
    assert len(server.environ()["LLMS_ACCESS_CODE"]) == 11
    assert said[2].startswith(f"Código de acceso: {server.environ()['LLMS_ACCESS_CODE']}. ")
    assert "--browser.serverAddress=cuatro-palabras-al-azar.trycloudflare.com" in server.cmdline()
    assert "--logger.hideWelcomeMessage=true" in server.cmdline(), (
        "the greeting asks an outside machine for our address"
    )
    port = next(word.partition("=")[2] for word in server.cmdline() if word.startswith("--server.port="))
    asked = (tmp_path / "bin" / "asked").read_text().split()
    assert asked == ["tunnel", "--no-autoupdate", "--url", f"http://127.0.0.1:{port}"]
    process.terminate()
    process.communicate(timeout=20)
    assert not any(child.is_running() for child in children), "neither the door nor the way to it stays"


@pytest.mark.skipif(os.name == "nt", reason="what stands in for cloudflared is a shell script")
@pytest.mark.parametrize(("script", "expected"), [("", "Falta el programa cloudflared"), ("#!/bin/sh\n", "no dio una")])
def test_without_a_tunnel_nothing_is_opened_and_the_reason_is_said(tmp_path, script, expected):
    tree = plant(tmp_path, f"pytest=={pytest.__version__}\n")
    path = cloudflared(tmp_path, script) if script else str(tmp_path)
    status, out, err = finish(tree, "app", "--tunnel", PATH=path)
    assert (status, out) == (2, "")
    assert expected in err


def test_every_check_runs_even_if_one_fails(monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(checks, "get_browser", lambda text: None)
    monkeypatch.setattr(checks, "get_proxy", lambda text: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run_check(name, command, environment):
        ran.append((name, command))
        assert "HF_HUB_OFFLINE" not in environment
        assert Path(environment["LLMS_WORKSPACE"]).is_dir()
        return int(name == "ruff check"), 1.0

    monkeypatch.setattr(checks, "run_check", run_check)
    assert checks.run_checks(["-k", "verso"], words("en", "setup")) == 1
    assert [name for name, _ in ran] == ["ruff format", "ruff check", "mypy", "pytest"]
    assert ran[-1][1][-2:] == ["-k", "verso"]
    assert "FAILED  ruff check" in capsys.readouterr().err


def test_every_direct_dependency_is_pinned_exactly():
    for file in interpreter.FOR_THE_TESTS:
        lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
        assert len(interpreter.pins(file)) == len([line for line in lines if line])
