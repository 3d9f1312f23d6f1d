"""A quick tunnel of Cloudflare's: an address on the Internet for a workshop that runs where no door is open.

No account and no cost; a new address each time, for trying and teaching, without a promise that it stays up. Whoever
has the address is at the door, so the workshop behind it asks for an access code.
"""

import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.setup.speech import SetupError

# The address stands in what cloudflared says, and so may that of the service it asks, which is nobody's workshop.
_ADDRESS = re.compile(r"https://((?!api\.)[a-z0-9-]+\.trycloudflare\.com)")
_SECONDS = 60  # it usually takes five
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are read for one another


@contextmanager
def tunnel(port: str) -> Iterator[str]:
    """Holds a tunnel open towards `port` of this machine, and gives its host name; afterwards it is nobody's.

    Raises SetupError `no_cloudflared`, `no_tunnel`.
    """
    program = shutil.which("cloudflared")
    if program is None:
        raise SetupError("no_cloudflared")
    command = [program, "tunnel", "--no-autoupdate", "--url", f"http://127.0.0.1:{port}"]
    # What it says goes to a file: a pipe that nobody reads would stop it once full.
    with tempfile.TemporaryDirectory(prefix="llms-tunnel-", ignore_cleanup_errors=True) as folder:
        said = Path(folder) / "said.txt"
        with said.open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield wait_for_host(process, said)
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for_host(process: subprocess.Popen[bytes], said: Path) -> str:
    """Answers the host name that cloudflared says; raises SetupError `no_tunnel` if it ends or says none in time."""
    deadline = time.monotonic() + _SECONDS
    while True:
        ended = process.poll() is not None  # asked first: what it said before its end counts
        found = _ADDRESS.search(said.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        if ended or time.monotonic() > deadline:
            raise SetupError("no_tunnel")
        time.sleep(0.2)


def new_code() -> str:
    """Answers an access code that is easy to say aloud: ten letters and digits, 49 bits of chance."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"
