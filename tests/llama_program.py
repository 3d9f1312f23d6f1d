"""llama.cpp itself, reading a GGUF file: its own server, on the loopback address."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Program:
    """llama.cpp with a model in it; it takes the likeliest token, always."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ids(self, text: str, begins: bool = False) -> list[int]:
        """Answers the ids of a text; one that `begins` has before it what the file says."""
        return self._ask("/tokenize", content=text, add_special=begins, parse_special=False)["tokens"]

    def write(self, prompt: str | list[int], count: int = 40) -> str:
        """Goes on from a text, or from ids, for at most `count` tokens."""
        return self._ask("/completion", prompt=prompt, n_predict=count, temperature=0)["content"]

    def next(self, ids: list[int]) -> tuple[int, float]:
        """Answers the likeliest token behind `ids`, and its probability."""
        (said,) = self._ask(
            "/completion", prompt=ids, n_predict=1, temperature=0, n_probs=1, post_sampling_probs=False
        )["completion_probabilities"]
        return said["id"], 2.718281828459045 ** said["logprob"]

    def chat(self, text: str, count: int = 40) -> str:
        """Answers what a chat window shows under what she types."""
        messages = [{"role": "user", "content": text}]
        said = self._ask("/v1/chat/completions", messages=messages, max_tokens=count, temperature=0)
        return said["choices"][0]["message"]["content"]

    def _ask(self, path: str, **question: object) -> dict:
        request = urllib.request.Request(self._address + path, json.dumps(question).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def running(path: Path) -> Iterator[Program]:
    """Opens a file as llama.cpp does. Raises RuntimeError where it is none that it reads."""
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = str(path)
    asked.port, asked.n_ctx, asked.n_parallel, asked.n_gpu_layers = 0, 256, 1, 0
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = 1
    asked.warmup, asked.verbosity = False, -1
    server = xllamacpp.Server(asked)
    yield Program(server.listening_address)
    del server
