"""A model that another process computes, over loopback, beside the same model in one process."""

from collections.abc import Iterator
from contextlib import contextmanager

from contenders import Setup, in_turn, warm
from decode import PROMPT_TOKENS, run
from report import Bar, Section, versus
from servers import Server, announcing
from words import Words

#: The least share of the speed of one process that is left with the model in another one.
SHARE_MIN = 0.7
CONTEXT_TOKENS = 512


def measure(setup: Setup) -> Section:
    tokens = 32 if setup.is_quick else 96
    words = Words(7)
    with spread(setup) as (near, far):
        figures: dict[str, list[float]] = {far.name: [], near.name: []}
        for turn in range(2 * setup.rounds):
            for server in in_turn([far, near], turn):
                figures[server.name].append(run(server, 1, tokens, words)[0])
    row = versus("1 at once: decode", "tokens/s", figures, bar=Bar(SHARE_MIN, at_least=True))
    return Section("Computing in another process", [row], [
        f"{setup.model.name}, {setup.threads} threads for whoever computes. Ours is the engine with --rpc to one "
        f"--rpc-worker on 127.0.0.1 that holds all layers; the peer is the engine by itself. Prompts of "
        f"{PROMPT_TOKENS} tokens, {tokens} tokens each; the vocabulary's logits cross the connection with each token.",
    ])


@contextmanager
def spread(setup: Setup) -> Iterator[tuple[Server, Server]]:
    worker = ["--rpc-worker", "--port", "0", "--threads", str(setup.threads), "--log-level", "error"]
    with announcing("rpc worker", [setup.engine, *worker]) as remote:
        with announcing("in one process", engine(setup)) as near, \
                announcing("over RPC", [*engine(setup), "--rpc", f"127.0.0.1:{remote.port}"]) as far:
            for server in (near, far):
                warm(server)
            yield near, far


def engine(setup: Setup) -> list[str]:
    return [
        setup.engine, "--model", str(setup.model), "--alias", "bench", "--port", "0", "--threads",
        str(setup.threads), "--parallel", "1", "--ctx-size", str(CONTEXT_TOKENS), "--log-level", "error",
    ]
