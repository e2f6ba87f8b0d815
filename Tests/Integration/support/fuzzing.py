"""A check for schemathesis: the server never breaks, and what it cannot do now it says in its own words."""

import schemathesis

#: Not started for that, nobody behind it, stopped, too late, no room: states of the server that a caller cannot help.
TOLD = {501, 502, 503, 504, 507}


@schemathesis.check
def told_in_words(context, response, case) -> None:
    if response.status_code < 500:
        return
    assert response.status_code in TOLD, f"status {response.status_code}: {response.text[:400]}"
    body = response.json()
    error = body.get("error", body)
    told = error if isinstance(error, dict) else body
    assert told.get("code") or told.get("type"), f"no code of ours: {response.text[:400]}"
