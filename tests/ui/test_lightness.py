"""Opening pages stays light: the libraries that train are never loaded in the server. Its memory: see test_access."""

import json
import os
import subprocess
import sys

from core import workshop
from core.processes import ROOT

PAGES = ["Home", *workshop.BY_NAME, "experiments", "decision", "glossary"]
HEAVY = ("torch", "transformers", "peft", "datasets", "evaluate")

OPEN_ALL = """
import json, sys
from streamlit.testing.v1 import AppTest

pages, state, heavy = json.loads(sys.argv[1])
for name in pages:
    page = AppTest.from_file("Home.py", default_timeout=60)
    for key, value in state.items():
        page.session_state[key] = value
    if name != "Home":
        page.switch_page(f"pages/{name}.py")
    page.run()
    assert not page.exception and not page.error, name
    print(name, *(library for library in heavy if library in sys.modules))
"""


def test_opening_a_page_loads_none_of_the_heavy_libraries(project):
    state = {"browser": "0" * 32, "language": "es", "linked": [], "project": project.id}
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ALL, json.dumps([PAGES, state, HEAVY])],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == [*PAGES, ""]
