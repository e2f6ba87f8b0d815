"""Time to the first token of each turn of a growing conversation."""

import statistics

from contenders import Setup, contenders, in_turn
from load import loading
from report import Bar, Row, Section
from servers import Server
from words import Words

TURNS = 20
QUESTION_TOKENS = 60
ANSWER_TOKENS = 40
CONTEXT_TOKENS = 4096
PARALLEL = 4
#: The last turn's wait over the second turn's.
GROWTH_MAX = 1.5


def measure(setup: Setup) -> Section:
    count = 4 if setup.is_quick else TURNS
    words = Words(3)
    waits: dict[str, list[list[float]]] = {}
    with contenders(setup, PARALLEL, CONTEXT_TOKENS) as servers:
        for turn in range(setup.rounds):
            for server in in_turn(servers, turn):
                waits.setdefault(server.name, []).append(conversation(server, count, words))
    rows = [growth(waits)] + [wait(waits, turn) for turn in sorted({1, 2, count // 2, count})]
    return Section(f"Conversations of {count} turns", rows, [
        setup.remark(),
        f"Each turn adds a question of {QUESTION_TOKENS} tokens and an answer of {ANSWER_TOKENS}; the conversation "
        "is sent whole each time, as chat clients do. Medians over the conversations; the growth is that of the medians.",
    ])


def conversation(server: Server, turns: int, words: Words) -> list[float]:
    """Milliseconds to the first token, turn by turn."""
    messages: list[dict[str, str]] = []
    waits = []
    for _ in range(turns):
        messages.append({"role": "user", "content": words.text(QUESTION_TOKENS)})
        with loading(server) as load:
            stream = load.chat(messages, ANSWER_TOKENS)
            load.finish()
        messages.append({"role": "assistant", "content": stream.text()})
        waits.append(1000 * stream.first_text_seconds)
    return waits


def middle(conversations: list[list[float]], turn: int) -> float:
    return statistics.median(waits[turn - 1] for waits in conversations)


def growth(waits: dict[str, list[list[float]]]) -> Row:
    figures = [(name, middle(c, len(c[0])) / middle(c, 2)) for name, c in waits.items()]
    peer, theirs = figures[1] if len(figures) > 1 else ("", None)
    return Row("last turn over the second", "times", figures[0][1], peer, theirs, less_is_better=True,
               bar=Bar(GROWTH_MAX, at_least=False), judges_ours=True)


def wait(waits: dict[str, list[list[float]]], turn: int) -> Row:
    figures = [(name, middle(conversations, turn)) for name, conversations in waits.items()]
    peer, theirs = figures[1] if len(figures) > 1 else ("", None)
    return Row(f"turn {turn}: first token after", "ms", figures[0][1], peer, theirs, less_is_better=True)
