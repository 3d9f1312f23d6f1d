"""The access code of a shared server: given once in each browser, and asked again when it changes.

What a browser keeps is its id alone; beside it, on the server, stands a mark that only this code makes of this id.
Whoever guesses is slowed down twice: her browser, which she may throw away, and all wrong tries of the server together,
which she may not. Neither keeps out anybody who was let in before, nor whoever types the code right at once: no address
is counted, for a whole class may have the same.
"""

import hashlib
import hmac
import time
from pathlib import Path

from filelock import FileLock

from core import storage
from core.errors import LessonError

SHORT = 8  # letters: at one try a second, eight at random hold out for longer than any course
_FREE_TRIES = 3  # of a browser, before it has to wait
_LONGEST_WAIT = 300.0  # seconds
_SERVER_TRIES = 60  # wrong ones at once: twenty learners who all mistype thrice
_SERVER_RATE = 1.0  # and so many more a second
_FORGOTTEN = 3600.0  # seconds without a try, after which a browser begins anew
_MOST_BROWSERS = 1000


def mark(code: str, browser: str) -> str:
    """Answers what proves that `browser` was once given `code`; neither can be read from it."""
    return hmac.new(_plain(code), browser.encode(), hashlib.sha256).hexdigest()


def is_let_in(kept: object, code: str, browser: str) -> bool:
    """Says whether the mark that was kept for a browser is that of this code."""
    return isinstance(kept, str) and hmac.compare_digest(kept.encode(), mark(code, browser).encode())


def let_in(root: Path, browser: str, given: str, code: str) -> str:
    """Answers the mark to keep. Raises LessonError `access_wrong`, or `access_wait` where it was not even looked at."""
    path, now = root / "access.json", time.time()
    with storage.disk_errors(path):
        root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / "access.lock"):
        kept = storage.read_json(path) or {}
        browsers = _recent(kept.get("browsers", {}), now)
        left = _refilled(kept.get("left", _SERVER_TRIES), now - kept.get("at", now))
        who = storage.fingerprint(browser)
        wrong, last = browsers.get(who, (0, 0.0))
        wait = max(_pause(wrong) - (now - last), (1 - left) / _SERVER_RATE)
        if wait > 0:
            raise LessonError("access_wait", seconds=max(1, round(wait)))
        if hmac.compare_digest(_plain(given), _plain(code)):
            browsers.pop(who, None)
            storage.write_json(path, {"left": left, "at": now, "browsers": browsers})
            return mark(code, browser)
        browsers[who] = (wrong + 1, now)
        storage.write_json(path, {"left": left - 1, "at": now, "browsers": browsers})
    raise LessonError("access_wrong")


def _pause(wrong: int) -> float:
    """Answers how many seconds a browser waits after so many wrong tries: none at first, then ever more."""
    return 0.0 if wrong < _FREE_TRIES else min(_LONGEST_WAIT, 5.0 * 2 ** min(wrong - _FREE_TRIES, 10))


def _refilled(left: float, seconds: float) -> float:
    return min(_SERVER_TRIES, left + max(0.0, seconds) * _SERVER_RATE)


def _recent(browsers: dict, now: float) -> dict:
    """Answers the browsers that tried not long ago; of very many the last, with room for one more."""
    recent = {who: tries for who, tries in browsers.items() if 0 <= now - tries[1] < _FORGOTTEN}
    return dict(sorted(recent.items(), key=lambda item: item[1][1])[1 - _MOST_BROWSERS :])


def _plain(written: str) -> bytes:
    """Answers a code as it is compared: as it is read from a blackboard, in small letters and without spaces."""
    return hashlib.sha256("".join(written.split()).casefold().encode()).digest()
