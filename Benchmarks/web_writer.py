"""A model that writes one text, so many tokens a second: what the page is given to draw. Announces its port as a line of JSON."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RATE = 500
TOKENS = 5_000

SECTION = """## Step {n}: the sum of a series

The value of $\\sum_{{k=1}}^{{{n}}} k = \\frac{{{n}({n}+1)}}{{2}}$ is **found at once**, and *proved* by induction; see `sum{n}()` and
[the article](https://example.org/{n}). For large $n$ the quotient goes to $\\tfrac12$, and $e^{{i\\pi}} + 1 = 0$ holds as ever.

$$\\int_0^{{{n}}} x^2 \\, dx = \\frac{{{n}^3}}{{3}}$$

- a point with **weight**, `code` and a [link](https://example.org)
  - a point below it
- another one, which is long enough to need a second line on most screens, and therefore goes on for some words more

```python
def sum{n}(values: list[int]) -> int:
    \"\"\"Adds them up.\"\"\"
    total = 0
    for value in values:
        total += value * {n}
    return total
```

| step | value | share |
|:-----|------:|:-----:|
| {n} | 12.5 | 40 % |
| {n}b | 7.25 | 60 % |

"""


def pieces() -> list[str]:
    """A long answer in pieces of about four characters, as a vocabulary would cut it."""
    text = "".join(SECTION.format(n=number) for number in range(1, 60))
    cut = [text[at:at + 4] for at in range(0, len(text), 4)]
    return cut[:TOKENS]


class Writer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"object": "list", "data": [{"id": "writer", "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        began = time.monotonic()
        for number, piece in enumerate(pieces()):
            if (wait := began + number / RATE - time.monotonic()) > 0.002:
                self.wfile.flush()
                time.sleep(wait)
            self.say({"content": piece}, None)
        self.say({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def say(self, delta: dict[str, str], finish: str | None) -> None:
        usage = {"prompt_tokens": 3, "completion_tokens": TOKENS, "total_tokens": TOKENS + 3} if finish else None
        chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": usage}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Writer)
    print(json.dumps({"event": "ready", "port": server.server_address[1]}, separators=(",", ":")), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
