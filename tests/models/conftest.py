"""The Hub's models that these tests ask for."""

import pytest
from hub_server import FILES, Repository, serving

MODELS = {
    "prueba/classroom": Repository({**FILES, "pytorch_model.bin": b"pickled", "README.md": b"# card"}),
    "prueba/pickled": Repository({"config.json": FILES["config.json"], "pytorch_model.bin": b"pickled"}),
    "prueba/gated": Repository(refusal=(403, "GatedRepo")),
    "prueba/closed": Repository(FILES, closed=True),  # some show their names, and keep their files
    "prueba/ill": Repository(refusal=(500, "")),
}


@pytest.fixture
def hub():
    with serving(models=MODELS) as server:
        yield server
