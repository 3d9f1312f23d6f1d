"""`python3 -m core app`: the workshop in her browser, and where it is."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from core.setup.interpreter import ROOT
from core.setup.speech import SetupError, tell
from core.setup.tunnel import new_code, tunnel
from core.texts import Words

PORTS = range(8501, 8601)


def open_app(arguments: list[str], text: Words) -> int:
    """Opens the workshop in the browser, says its address, and answers Streamlit's exit status.

    With `--tunnel`, the address is one on the Internet, behind an access code that is said too.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--tunnel", action="store_true")
    parser.add_argument("--server.address", dest="address", default="127.0.0.1")
    parser.add_argument("--server.port", dest="port")
    chosen, others = parser.parse_known_args(arguments)
    check_port(chosen.port)
    port = chosen.port or str(free_port())
    quiet = chosen.no_browser or chosen.tunnel or not has_screen()
    options = {
        "server.address": chosen.address,
        "server.port": port,
        "server.headless": str(quiet).lower(),
        "server.showEmailPrompt": "false",  # else the first start waits for an e-mail address
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",  # where it listens is ours to say
        "logger.hideWelcomeMessage": "true",  # for its greeting it asks another machine what address this one has
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every `finally`
    with suppress(KeyboardInterrupt):  # the server got it too, and ends by itself
        if not chosen.tunnel:
            address = f"http://{chosen.address}:{port}"
            return serve(options, others, lambda: tell(text("app_open", address=address)))
        code = os.environ.get("LLMS_ACCESS_CODE") or new_code()
        os.environ["LLMS_ACCESS_CODE"] = code  # the server's too: its pages ask for it
        tell(text("tunnel_coming"))
        with tunnel(port) as host:
            options["browser.serverAddress"] = host  # so that the server takes that name for its own
            said = text("tunnel_open", address=f"https://{host}") + "\n" + text("tunnel_code", code=code)
            return serve(options, others, lambda: tell(said))
    return 0


def serve(options: dict[str, str], others: list[str], when_open: Callable[[], None]) -> int:
    """Runs Streamlit until it ends, and answers its exit status; calls `when_open` once it takes visitors."""
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "Home.py"), *flags, *others]
    # Streamlit greets and says goodbye on stdout, and complains on stderr: we say where it is ourselves.
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        port = options["server.port"]
        if port.isdigit() and answers(server, options["server.address"], int(port)):
            when_open()
        return server.wait()
    finally:
        close(server)


def free_port() -> int:
    """Answers the first port from 8501, Streamlit's own, where nobody answers."""
    for port in PORTS:
        if not is_taken(port):
            return port
    raise SetupError("no_port", first=str(PORTS[0]), last=str(PORTS[-1]))


def check_port(port: str | None) -> None:
    """Raises SetupError where a port that was asked for is none, or somebody answers there."""
    if port is None:
        return
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise SetupError("no_such_port", port=port)
    if is_taken(int(port)):
        raise SetupError("port_taken", port=port)


def is_taken(port: int) -> bool:
    """Says whether somebody answers on a port of this machine."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


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
    """Asks the server to end, if it has not; a second Ctrl-C, or five seconds, and it is made to."""
    server.terminate()
    try:
        server.wait(timeout=5)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()
