"""`python3 -m core COMMAND`: looks at the Python that runs it, then hands over to core/setup.

Even the oldest Python has to read this file to be told that it is too old, so it keeps to what all of them
understand: no annotations, no f-strings, plain ASCII, and no import of ours before the version is known.
"""

import sys

OLDEST = (3, 11)


def refusal(version):
    """Answers what to tell a Python too old to go on, or None; in both languages, for want of the texts."""
    if tuple(version[:2]) >= OLDEST:
        return None
    needed = ".".join(str(part) for part in OLDEST)
    found = ".".join(str(part) for part in version[:2])
    return (
        "El taller pide Python " + needed + " o posterior y este es " + found + " / "
        "The workshop needs Python " + needed + " or later and this one is " + found + ": "
        "https://www.python.org/downloads/"
    )


def main(arguments, version=sys.version_info):
    """Runs one command and answers its exit status."""
    sentence = refusal(version)
    if sentence:
        sys.stderr.write(sentence + "\n")
        return 2
    from core.setup.command import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
