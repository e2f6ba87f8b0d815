"""The web application's parts that need no browser, run by Node: Markdown, events, requests, trees."""

import json
import os
import subprocess
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "Web"


def test_units(tmp_path: Path) -> None:
    bundle = tmp_path / "tests.js"
    subprocess.run(
        ["esbuild", "tests/main.ts", "--bundle", "--platform=node", "--target=es2022", f"--outfile={bundle}",
         "--log-level=warning"],
        cwd=WEB, check=True, env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
    done = subprocess.run(["node", bundle], capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(done.stdout)
    assert told["failed"] == []
    assert told["count"] >= 20


def test_all_languages_say_the_same(tmp_path: Path) -> None:
    """The same keys and the same values to fill in, in each language."""
    script = tmp_path / "languages.ts"
    script.write_text(
        f"import {{ english }} from '{WEB}/src/i18n/en';\n"
        f"import {{ german }} from '{WEB}/src/i18n/de';\n"
        f"import {{ arabic }} from '{WEB}/src/i18n/ar';\n"
        f"import {{ lateEnglish }} from '{WEB}/src/i18n/late.en';\n"
        f"import {{ lateGerman }} from '{WEB}/src/i18n/late.de';\n"
        f"import {{ lateArabic }} from '{WEB}/src/i18n/late.ar';\n"
        "console.log(JSON.stringify({ english: { ...english, ...lateEnglish }, german: { ...german, ...lateGerman }, arabic: { ...arabic, ...lateArabic } }));\n")
    bundle = tmp_path / "languages.js"
    subprocess.run(["esbuild", script, "--bundle", "--platform=node", f"--outfile={bundle}", "--log-level=warning"], check=True)
    said = json.loads(subprocess.run(["node", bundle], capture_output=True, text=True, timeout=60, check=True).stdout)

    def holes(text: str) -> list[str]:
        return sorted(part.split("}")[0] for part in text.split("{")[1:])

    for language in ("german", "arabic"):
        assert said[language].keys() == said["english"].keys()
        for key, text in said["english"].items():
            assert holes(said[language][key]) == holes(text) or key.endswith(".one"), (language, key)
