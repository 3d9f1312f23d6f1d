"""`python3 -m core app`: the workshop in her browser, and where it is."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

from core.setup.interpreter import ROOT
from core.setup.speech import SetupError, tell
from core.texts import Words

PORTS = range(8501, 8601)


def open_app(arguments: list[str], text: Words) -> int:
    """Opens the workshop in the browser, says its address, and answers Streamlit's exit status."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--server.address", dest="address", default="127.0.0.1")
    parser.add_argument("--server.port", dest="port")
    chosen, others = parser.parse_known_args(arguments)
    port = chosen.port or str(free_port())
    quiet = chosen.no_browser or not has_screen()
    options = {
        "server.address": chosen.address,
        "server.port": port,
        "server.headless": str(quiet).lower(),
        "server.showEmailPrompt": "false",  # else the first start waits for an e-mail address
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",  # where it listens is ours to say
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "Home.py"), *flags, *others]
    # Streamlit greets and says goodbye on stdout, and complains on stderr: we say where it is ourselves.
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        if port.isdigit() and answers(server, chosen.address, int(port)):
            tell(text("app_open", address=f"http://{chosen.address}:{port}"))
        return server.wait()
    except KeyboardInterrupt:  # the server got it too, and ends by itself
        return 0
    finally:
        close(server)


def free_port() -> int:
    """Answers the first port from 8501, Streamlit's own, where nobody answers."""
    for port in PORTS:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise SetupError("no_port", first=str(PORTS[0]), last=str(PORTS[-1]))


def has_screen() -> bool:
    """Answers whether a browser opened here would be seen by the person."""
    if sys.platform == "linux":
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return "SSH_CONNECTION" not in os.environ


def answers(server: subprocess.Popen[bytes], address: str, port: int) -> bool:
    """Waits until the server takes visitors; False if it ends first."""
    here = "127.0.0.1" if address == "0.0.0.0" else address
    while server.poll() is None:
        with suppress(OSError), socket.create_connection((here, port), timeout=1):
            return True
        time.sleep(0.1)
    return False


def close(server: subprocess.Popen[bytes]) -> None:
    """Waits for the server to end; a second Ctrl-C, or five seconds, and it is made to."""
    try:
        server.wait(timeout=5)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()
