"""What guessing tokens ahead gains where an answer copies its prompt, and what it costs where guesses are poor."""

import statistics
from contextlib import ExitStack

from contenders import Setup, in_turn, llama_server, made_model, nexus_engine, warm
from load import Stream, loading
from report import Bar, Row, Section
from servers import Server, ServerError
from words import CIRCLE, Words

CONTEXT_TOKENS = 2048
#: The least gain of look-ups over plain decoding where an answer copies.
LOOK_UP_BAR = 1.5
#: What a draft model that knows nothing may cost.
POOR_BAR = 0.95
POOR_PROMPT_TOKENS = 100


def measure(setup: Setup) -> Section:
    copy_rows, text_note = copying(setup)
    return Section("Guessing tokens ahead", copy_rows + poor_draft(setup), [
        setup.remark(),
        f"Copying: a model of random weights in which each word is followed by the next of its circle of {CIRCLE} words. "
        "The prompt is a circle, and the answer at temperature 0 is the same circle once more.",
        text_note,
        "Poor draft: the model of the other parts, and a draft model with other random weights; the servers' default "
        "sampling. The rates of copying are of decoding; those of the poor draft count the reading of the prompts, too.",
    ])


def copying(setup: Setup) -> tuple[list[Row], str]:
    """Plain decoding beside look-ups and a draft model that is right, each with fresh circles."""
    model, draft = made_model(setup.build, "copying"), made_model(setup.build, "draft")
    tokens = 64 if setup.is_quick else CIRCLE
    words = Words(11)
    with ExitStack() as stack:
        def ours(name: str, *options: str) -> Server:
            return stack.enter_context(nexus_engine(
                setup.engine, model, setup.threads, 1, CONTEXT_TOKENS, name=name, options=options))

        plain, look_up = ours("plain"), ours("look-up", "--spec-type", "ngram-simple")
        drafted = ours("draft", "--model-draft", str(draft))
        servers = [plain, look_up, drafted]
        if setup.peer_problem is None:
            servers += [
                stack.enter_context(llama_server(model, setup.threads, 1, CONTEXT_TOKENS, looks_up=looks_up))
                for looks_up in (False, True)]
        for server in servers:
            warm(server)
        rates: dict[str, list[float]] = {server.name: [] for server in servers}
        texts: dict[str, str] = {}
        for turn in range(setup.rounds):
            prompt = words.circle()
            for server in in_turn(servers, turn):
                streams = [ask(server, prompt, tokens, temperature=0) for _ in range(2)]
                rates[server.name].append(statistics.median(rate(stream, tokens) for stream in streams))
                texts[server.name] = streams[-1].text()
            different = [name for name, text in texts.items() if text != texts["plain"]]
            if different:
                raise ServerError(f"copying: {', '.join(different)} wrote something else than plain decoding")
    rows = [
        gain("copying: look-up over plain", rates["look-up"], "plain", rates["plain"], Bar(LOOK_UP_BAR, at_least=True)),
        gain("copying: right draft model over plain", rates["draft"], "plain", rates["plain"], None),
    ]
    if setup.peer_problem is None:
        rows += [
            gain("copying: look-up", rates["look-up"], "llama-server, look-up", rates["llama-server, look-up"], None),
            gain("copying: plain", rates["plain"], "llama-server", rates["llama-server"], None),
        ]
    return rows, "Every server's copy was the same text."


def poor_draft(setup: Setup) -> list[Row]:
    """The engine with and without a draft model that knows nothing."""
    draft = made_model(setup.build, "poor-draft")
    tokens = 32 if setup.is_quick else 256
    words = Words(12)
    rows = []
    for count in (1, 4):
        with ExitStack() as stack:
            servers = [
                stack.enter_context(nexus_engine(
                    setup.engine, setup.model, setup.threads, count, CONTEXT_TOKENS, name=name, options=options))
                for name, options in (("poor draft", ("--model-draft", str(draft))), ("plain", ()))]
            for server in servers:
                warm(server)
            rates: dict[str, list[float]] = {server.name: [] for server in servers}
            for turn in range(2 * setup.rounds):
                prompts = [words.text(POOR_PROMPT_TOKENS) for _ in range(count)]
                for server in in_turn(servers, turn):
                    rates[server.name].append(together(server, prompts, tokens))
        rows.append(gain(
            f"poor draft model over plain, {count} at once", rates["poor draft"], "plain", rates["plain"],
            Bar(POOR_BAR, at_least=True)))
    return rows


def gain(what: str, ours: list[float], peer: str, theirs: list[float], bar: Bar | None) -> Row:
    paired = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Row(what, "tokens/s", statistics.median(ours), peer, statistics.median(theirs), False, paired, bar)


def ask(server: Server, prompt: str, tokens: int, **fields: object) -> Stream:
    with loading(server) as load:
        stream = load.complete(prompt, tokens, **fields)
        load.finish()
    written = stream.last("usage").get("completion_tokens")
    if written != tokens:
        raise ServerError(f"{server.name} wrote {written} tokens where {tokens} were asked for")
    return stream


def together(server: Server, prompts: list[str], tokens: int) -> float:
    """The rate of several answers, with what reading the prompts took: a draft model reads them, too."""
    with loading(server) as load:
        streams = [load.complete(prompt, tokens) for prompt in prompts]
        load.finish()
    seconds = max(stream.times[-1] for stream in streams) - min(stream.asked for stream in streams)
    return len(prompts) * tokens / seconds


def rate(stream: Stream, tokens: int) -> float:
    # Several tokens may come at once, so pieces of text are not counted.
    return (tokens - 1) / (stream.times[-1] - stream.times[0])
