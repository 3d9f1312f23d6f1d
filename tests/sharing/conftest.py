"""What the tests of this folder share: a project for a whole file of them, and a disk that fills up."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from core import project as projects
from core import storage
from core.data import sources, stages
from core.project import Project
from core.tokens import encode


@pytest.fixture(scope="session")
def sampled(tmp_path_factory) -> Callable[[], Project]:
    """Makes a project with the sample of poems in it, tokenised, that outlives a test."""

    def make() -> Project:
        project = projects.create(tmp_path_factory.mktemp("sampled"), "Prueba", "es")
        stages.load_texts(project, sources.open_source("sample:poems", "es"))
        stages.prepare(project)
        encode.encode(project)
        return project

    return make


@pytest.fixture
def full_after(monkeypatch) -> Callable[[int], AbstractContextManager[None]]:
    """Makes the system refuse, within the block, a file of more than so many bytes, as it does on a full disk."""
    import resource
    import signal

    @contextmanager
    def full(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        monkeypatch.setattr(storage, "_NO_SPACE", {*storage._NO_SPACE, 27})  # here it says «file too large»
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)

    return full
