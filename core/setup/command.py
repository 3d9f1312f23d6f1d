"""What `python3 -m core COMMAND` does first: it sees to an interpreter that has what the command needs."""

from core.setup.app import open_app
from core.setup.checks import run_checks
from core.setup.environment import prepare
from core.setup.interpreter import FOR_THE_APP, FOR_THE_TESTS
from core.setup.speech import SetupError, tell
from core.texts import system_language, words

COMMANDS = (
    "app", "test", "adapt", "train", "promise", "evaluate", "tasting", "copies", "generate", "merge", "gguf",
    "capsule", "notebook", "chapbook", "publish", "remote", "pretrain", "open", "clear", "serve", "ready", "read",
    "download",
)  # fmt: skip


def run(arguments: list[str]) -> int:
    """Runs one command on an interpreter that has what it needs, and answers its exit status."""
    text = words(system_language(), "setup")
    command = arguments[0] if arguments else "--help"
    if command in ("-h", "--help", "help"):
        print(text.body("usage"))
        return 0
    if command in ("app", "test") and {"-h", "--help"} & set(arguments):
        print(text.body(f"usage.{command}"))  # the others have theirs from core/cli.py
        return 0
    if command not in COMMANDS:
        tell(text("unknown_command", command=command) + "\n\n" + text.body("usage"))
        return 2
    try:
        prepare(FOR_THE_TESTS if command == "test" else FOR_THE_APP, text)
        if command == "app":
            return open_app(arguments[1:], text)
        if command == "test":
            return run_checks(arguments[1:], text)
    except SetupError as error:
        tell(text(error.key, **error.facts))
        return 2
    except KeyboardInterrupt:
        tell("\n" + text("interrupted"))
        return 130
    from core.cli import main

    return main(arguments)
