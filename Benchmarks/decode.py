"""Tokens per second while 1, 4, 16 and 32 answers are written at once."""

import statistics
from dataclasses import dataclass, field

from contenders import Setup, contenders, in_turn
from load import Stream, loading
from report import Bar, Row, Section, versus
from servers import Server, ServerError
from words import Words

#: The least ratio to llama-server for each number of answers at once.
BARS = {1: 1.0, 4: 1.0, 16: 1.15, 32: 1.25}
#: Measurements a round: the short ones are made more often.
REPEATS = {1: 4, 4: 2, 16: 1, 32: 1}
PROMPT_TOKENS = 100
CONTEXT_TOKENS = 512


@dataclass
class Rates:
    """Tokens per second, one figure a round."""

    decode: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)


def measure(setup: Setup) -> Section:
    tokens = 32 if setup.is_quick else 96
    concurrencies = (1, 4) if setup.is_quick else tuple(BARS)
    words = Words(1)
    shares: list[float] = []
    with contenders(setup, max(concurrencies), CONTEXT_TOKENS, both_caches=True) as servers:
        rates = {(server.name, count): Rates() for server in servers for count in concurrencies}
        for turn in range(setup.rounds):
            for count in concurrencies:
                for server in in_turn(servers, turn):
                    runs = [run(server, count, tokens, words) for _ in range(REPEATS[count])]
                    rates[server.name, count].decode.append(statistics.median(decode for decode, _, _ in runs))
                    rates[server.name, count].total.append(statistics.median(total for _, total, _ in runs))
                    shares += [share for _, _, share in runs]
    names = [server.name for server in servers]
    rows = [row for count in concurrencies for row in rows_of(names, rates, count)]
    return Section("Answers at once", rows, [
        setup.remark(),
        f"Prompts of {PROMPT_TOKENS} tokens, all different; {tokens} tokens each, the servers' default sampling. "
        "`decode` counts while all answers are being written, `total` from the first request to the last token.",
        f"The client took at most {100 * max(shares):.0f} % of one core.",
    ])


def rows_of(names: list[str], rates: dict[tuple[str, int], Rates], count: int) -> list[Row]:
    label = f"{count} at once"
    return [
        versus(f"{label}: decode", "tokens/s", {name: rates[name, count].decode for name in names},
               bar=Bar(BARS[count], at_least=True)),
        versus(f"{label}: total", "tokens/s", {name: rates[name, count].total for name in names}),
    ]


def run(server: Server, count: int, tokens: int, words: Words) -> tuple[float, float, float]:
    """The rate while all are written, the rate over all, and the client's share of a core."""
    with loading(server) as load:
        streams = [load.complete(words.text(PROMPT_TOKENS), tokens) for _ in range(count)]
        load.finish()
    require_tokens(server, streams, tokens)
    started = max(stream.times[0] for stream in streams)
    ended = min(stream.times[-1] for stream in streams)
    if started >= ended:
        raise ServerError(f"{server.name}: there was no time at which all {count} answers were written")
    # A piece of text is a token, or a few of them where a server joins some.
    written = sum(
        sum(started < time <= ended for time in stream.times) * tokens / len(stream.times) for stream in streams)
    whole = max(stream.times[-1] for stream in streams) - min(stream.asked for stream in streams)
    return written / (ended - started), count * tokens / whole, load.busy_seconds / whole


def require_tokens(server: Server, streams: list[Stream], tokens: int) -> None:
    for stream in streams:
        written = stream.last("usage").get("completion_tokens")
        if written != tokens:
            raise ServerError(f"{server.name} wrote {written} tokens where {tokens} were asked for")
