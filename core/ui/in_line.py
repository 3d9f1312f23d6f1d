"""What is said of work that waits for its turn."""

from collections.abc import Mapping
from typing import Any

from core import texts
from core.texts import Words


def said(state: Mapping[str, Any], words: Words) -> str:
    """Answers how many are ahead of work whose state says that it waits and, where that can be foretold, how long."""
    place = words("status.waiting", ahead=state.get("ahead", 0))
    seconds = state.get("seconds_ahead")
    if seconds is None:
        return place
    return f"{place} {words('status.waiting.time', time=texts.duration(seconds, words.language))}"
