import pytest

from core.generation import loaded
from core.generation.loaded import Loaded
from core.models.folder import find


@pytest.fixture(scope="session")
def classroom() -> Loaded:
    return loaded.load(find("classroom"), precision="fp32")
