"""Time to the first token when 16 users with the same system prompt come at once."""

import statistics

from contenders import Setup, contenders, in_turn
from load import loading
from report import Bar, Section, versus
from servers import Server
from words import Words

USERS = 16
SYSTEM_TOKENS = 1000
QUESTION_TOKENS = 30
ANSWER_TOKENS = 16
CONTEXT_TOKENS = 1280
#: Ours over theirs: three times better.
RATIO_MAX = 1 / 3


def measure(setup: Setup) -> Section:
    users = 4 if setup.is_quick else USERS
    words = Words(2)
    waits: dict[str, dict[str, list[float]]] = {key: {} for key in ("cold", "slowest", "warm")}
    with contenders(setup, users, CONTEXT_TOKENS, both_caches=True) as servers:
        for turn in range(setup.rounds):
            for server in in_turn(servers, turn):
                system = words.text(SYSTEM_TOKENS)
                cold = wave(server, system, users, words)
                warm = wave(server, system, users, words)
                waits["cold"].setdefault(server.name, []).append(statistics.median(cold))
                waits["slowest"].setdefault(server.name, []).append(max(cold))
                waits["warm"].setdefault(server.name, []).append(statistics.median(warm))
    rows = [
        versus("new system prompt: middle user", "ms", waits["cold"], less_is_better=True,
               bar=Bar(RATIO_MAX, at_least=False)),
        versus("new system prompt: slowest user", "ms", waits["slowest"], less_is_better=True),
        versus("the same again, other questions: middle user", "ms", waits["warm"], less_is_better=True),
    ]
    return Section(f"First token of {users} users who share a system prompt", rows, [
        setup.remark(),
        f"A system prompt of {SYSTEM_TOKENS} tokens that no server has seen, {users} questions of {QUESTION_TOKENS} "
        f"tokens at once, answers of {ANSWER_TOKENS} tokens; then a second wave with other questions.",
    ])


def wave(server: Server, system: str, users: int, words: Words) -> list[float]:
    """Milliseconds to the first token of each user."""
    with loading(server) as load:
        streams = [
            load.chat([{"role": "system", "content": system},
                       {"role": "user", "content": words.text(QUESTION_TOKENS)}], ANSWER_TOKENS)
            for _ in range(users)
        ]
        load.finish()
    return [1000 * stream.first_text_seconds for stream in streams]
