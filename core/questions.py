"""The questions that each step asks near its end; their words are in `pages/texts/<language>/questions.md`."""

OPTIONS = ("a", "b", "c")
# By step, the option that holds for each of its questions. Nobody counts them: each option has its reason.
HOLDS = {
    "01_language_models": "bac",
    "02_hugging_face": "cb",
    "03_choose_model": "acb",
    "04_try_model": "cab",
    "05_load_texts": "bca",
    "06_clean_texts": "abc",
    "07_tokens": "bca",
    "08_lengths": "ca",
    "09_settings": "bac",
    "10_train": "cab",
    "11_evaluate": "bca",
    "12_compare": "cab",
    "13_share": "bac",
}


def key(step: str, number: int, option: str = "") -> str:
    """Answers the key of a question's words, or of one of its options': `question.1.2`, `question.1.2.a`."""
    question = f"question.{int(step[:2])}.{number}"
    return f"{question}.{option}" if option else question


def choice(number: int) -> str:
    """Answers the name under which the answer to a step's question is kept among her choices in that step."""
    return f"question_{number}"


def answered(step: str, choices: dict) -> int:
    """Counts the questions of `step` that she answered; `choices` are hers in that step."""
    return sum(choices.get(choice(number)) in OPTIONS for number in numbers(step))


def numbers(step: str) -> range:
    """Answers the numbers of a step's questions, from 1."""
    return range(1, len(HOLDS[step]) + 1)
