#!/usr/bin/python3
"""Builds the web application of Web/ into .build/web, where `nexus serve` looks for it. Nothing is installed: scripts/packages.sh does.

    scripts/web.py [build|lint]

`build` is done at once where nothing has changed. Names in the folder `assets` carry a hash of their content, every text
has twins that are compressed already (`.br`, `.gz`), and the service worker knows the list of what the first page needs.
The libraries that Debian has not come from three packages of PyPI, by hash (Web/vendor.txt), once, into the cache folder.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "Web"
OUTPUT = ROOT / ".build" / "web"
JAVASCRIPT = Path("/usr/share/javascript")
MODULES = Path("/usr/share/nodejs")
FONTS = Path("/usr/share/fonts/truetype")
LATIN = "U+0000-024F,U+2000-206F,U+20AC,U+2190-21FF,U+2212,U+2260-2265"
MORE = "U+0370-04FF,U+1E00-1EFF"
TEXTS = {".html", ".js", ".css", ".svg", ".webmanifest", ".json", ".txt"}


class WebError(Exception):
    """Why there is no application here."""


def cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("NEXUS_CACHE_DIR") or home / "llama-nexus") / "web"


def run(command: list[str | Path], **options: object) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise WebError(f"{Path(str(command[0])).name} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
    return done.stdout + done.stderr


def vendor() -> Path:
    """The unpacked packages of Web/vendor.txt; fetched once, checked by their hashes."""
    wanted = WEB / "vendor.txt"
    folder = cache() / f"vendor-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        print("web: fetching the browser libraries", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=folder.parent) as target:
            run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--require-hashes", "--retries", "2", "--target", Path(target) / "it", "-r", wanted], timeout=300)
            try:
                (Path(target) / "it").rename(folder)
            except OSError:
                if not folder.exists():  # or another build was first
                    raise
    return folder


def inputs_digest() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(path for path in WEB.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(WEB)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


# MARK: Parts


def icons(folder: Path, libraries: Path) -> Path:
    """A module with the drawings that Web/icons.txt names, out of lucide's archive."""
    drawings = {}
    with zipfile.ZipFile(libraries / "lucide" / "lucide.zip") as archive:
        for name in (WEB / "icons.txt").read_text().split():
            try:
                root = xml.fromstring(archive.read(f"{name}.svg"))
            except KeyError:
                raise WebError(f"icons.txt: there is no icon '{name}'") from None
            drawings[name] = [[part.tag.rsplit("}", 1)[-1], dict(part.attrib)] for part in root]
    path = folder / "icons.ts"
    path.write_text(f"export const icons = {json.dumps(drawings, separators=(',', ':'))};\n")
    return path


def fonts(folder: Path) -> None:
    """Parts of Inter and JetBrains Mono, by script, so that nobody loads letters that they do not read."""
    def subset(source: Path, name: str, ranges: str) -> None:
        run(["pyftsubset", source, "--flavor=woff2", "--layout-features=kern,liga,calt,ccmp,locl,mark,mkmk,tnum,case",
             f"--unicodes={ranges}", f"--output-file={folder / name}"])

    jobs = [
        (FONTS / "inter-vf/Inter-roman.var.ttf", "inter.woff2", LATIN),
        (FONTS / "inter-vf/Inter-roman.var.ttf", "inter-more.woff2", MORE),
        (FONTS / "jetbrains-mono/JetBrainsMono-Regular.ttf", "mono.woff2", LATIN + ",U+2500-259F," + MORE),
    ]
    kept = cache() / f"fonts-{hashlib.sha256(repr(jobs).encode()).hexdigest()[:12]}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as target:
            made = folder
            folder = Path(target)
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda job: subset(*job), jobs))
            folder, made = made, folder
            try:
                shutil.copytree(made, kept)
            except FileExistsError:
                pass
    for path in kept.iterdir():
        shutil.copy(path, folder / path.name)


def katex_style(folder: Path) -> None:
    """KaTeX' style sheet with its woff2 fonts only, which the bundler then copies."""
    text = (JAVASCRIPT / "katex" / "katex.min.css").read_text()
    text = re.sub(r",url\(fonts/[^)]*\.(?:woff|ttf)\) format\([^)]*\)", "", text)
    text = text.replace("url(fonts/", f"url({JAVASCRIPT}/katex/fonts/")
    (folder / "katex.css").write_text(text)


def bundle(work: Path, target: Path, libraries: Path) -> dict:
    meta = work / "meta.json"
    names = {
        "#katex": libraries / "sphinxcontrib" / "katex.min.js",
        "#mermaid": libraries / "nicegui" / "elements" / "mermaid" / "dist" / "index.js", "#icons": work / "icons.ts",
        "#made": work,
    }
    entries = {
        "app": WEB / "src" / "main.tsx", "style": WEB / "src" / "styles" / "main.css",
        "diagram": WEB / "src" / "frames" / "diagram.ts", "artifact": WEB / "src" / "frames" / "artifact.ts",
        "formulas": work / "katex.css",
    }
    told = run(
        ["esbuild", *[f"{name}={path}" for name, path in entries.items()], "--bundle", "--splitting", "--minify",
         "--format=esm", "--target=es2022", "--jsx=automatic", '--define:process.env.NODE_ENV="production"',
         "--define:global=globalThis", f"--outdir={target / 'assets'}", "--entry-names=[name]-[hash]",
         "--chunk-names=c/[name]-[hash]", "--asset-names=f/[name]-[hash]", "--loader:.woff2=file",
         "--legal-comments=none", f"--metafile={meta}", "--log-level=warning", "--charset=utf8",
         *[f"--alias:{name}={path}" for name, path in names.items()]],
        env={**os.environ, "NODE_PATH": str(MODULES)}, cwd=WEB)
    if "[WARNING]" in told:
        raise WebError(f"esbuild warns, which is an error here:\n{told[-3000:]}")
    return json.loads(meta.read_text())


def heavy_worker(target: Path) -> str:
    """The worker of heavy work, in one file: a worker's own policy lets it load no other."""
    text = run(["esbuild", WEB / "src" / "heavy" / "worker.ts", "--bundle", "--minify", "--target=es2022", "--format=iife",
                "--legal-comments=none", "--charset=utf8"], env={**os.environ, "NODE_PATH": str(MODULES)})
    name = f"/assets/worker-heavy-{hashlib.sha256(text.encode()).hexdigest()[:8].upper()}.js"
    (target / name[1:]).write_text(text, encoding="utf-8")
    return name


def outputs(meta: dict) -> dict[str, Path]:
    """Of each entry: its file's name below the output folder, and where it came from."""
    found = {}
    for path, facts in meta["outputs"].items():
        if entry := facts.get("entryPoint"):
            found[Path(entry).stem + Path(path).suffix] = "/assets/" + path.split("/assets/", 1)[1]
    return found


def closure(meta: dict, first: list[str]) -> list[str]:
    """The files that a page with these loads at once: what they import, and so on, without what is loaded later."""
    known = {"/assets/" + path.split("/assets/", 1)[1]: facts for path, facts in meta["outputs"].items()}
    names: list[str] = []
    waiting = list(first)
    while waiting:
        name = waiting.pop(0)
        if name in names:
            continue
        names.append(name)
        for found in known[name]["imports"]:
            if found["kind"] == "import-statement":
                waiting.append("/assets/" + found["path"].split("/assets/", 1)[1])
    return names


def pages(target: Path, work: Path, meta: dict) -> None:
    """The pages and the service worker, with the names that the bundler chose."""
    names = outputs(meta)
    scripts = closure(meta, [names["main.js"]])
    style = names["main.css"]
    fonts = sorted("/assets/f/" + path.name for path in (target / "assets" / "f").glob("inter-*") if "more" not in path.name)
    preload = "".join(f'<link rel="modulepreload" href="{name}">\n' for name in scripts[1:])
    preload += "".join(f'<link rel="preload" href="{name}" as="font" type="font/woff2" crossorigin>\n' for name in fonts)
    heavy = heavy_worker(target)
    words = {"{{heavy}}": heavy, "{{script}}": names["main.js"], "{{style}}": style, "{{preload}}": preload.rstrip(),
             "{{diagram}}": names["diagram.js"], "{{artifact}}": names["artifact.js"], "{{formulas}}": names["katex.css"]}
    for source in sorted((WEB / "static").rglob("*")):
        if not source.is_file():
            continue
        place = target / source.relative_to(WEB / "static")
        place.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        place.write_text(text, encoding="utf-8")
    # Everything that the first page and every page of the application's own needs; not KaTeX', Mermaid's and their fonts.
    own = [name for name in every_chunk(meta) if name not in scripts]
    first = ["/", *scripts, style, *fonts, "/icon.svg", "/manifest.webmanifest", heavy, *own]
    version = hashlib.sha256("".join(first).encode() + (target / "index.html").read_bytes()).hexdigest()[:12]
    worker = run(["esbuild", WEB / "src" / "worker.ts", "--bundle", "--minify", "--target=es2022", "--format=iife",
                  f"--define:FILES={json.dumps(first)}", f'--define:VERSION="{version}"'])
    (target / "sw.js").write_text(worker, encoding="utf-8")
    facts = {"version": version, "scripts": scripts, "style": style, "fonts": fonts}
    (target / "build.json").write_text(json.dumps(facts, indent=1))


def every_chunk(meta: dict) -> list[str]:
    """Chunks that hold nothing but our own sources: pages and languages."""
    found = []
    for path, facts in meta["outputs"].items():
        sources = list(facts.get("inputs", {}))
        if path.endswith(".js") and sources and all(source.startswith("src/") for source in sources):
            if not any(source.startswith("src/frames/") for source in sources):
                found.append("/assets/" + path.split("/assets/", 1)[1])
    return sorted(found)


def notices(target: Path, libraries: Path) -> None:
    """THIRD-PARTY of the page: what it is made of, and the licences' texts that came with the packages."""
    parts = [
        "The web application of Llama Nexus is made of these parts beside its own code.", "",
        "React and ReactDOM (MIT), Debian node-react, node-react-dom", "Prism (MIT), Debian node-prismjs",
        "KaTeX (MIT), PyPI sphinxcontrib-katex; its fonts (OFL-1.1), Debian fonts-katex",
        "Mermaid with D3, dagre, Cytoscape and others (MIT, ISC, BSD), PyPI nicegui",
        "Lucide icons (ISC), PyPI lucide", "Inter (OFL-1.1), Debian fonts-inter-variable",
        "JetBrains Mono (OFL-1.1), Debian fonts-jetbrains-mono", "",
    ]
    for package in ("node-react", "node-prismjs", "libjs-katex", "fonts-katex", "fonts-inter-variable", "fonts-jetbrains-mono"):
        path = Path("/usr/share/doc") / package / "copyright"
        if path.exists():
            parts += [f"==== {package} ====", path.read_text(errors="replace").strip(), ""]
    for lock in sorted((libraries / "nicegui" / "elements" / "mermaid").glob("package-lock.json")):
        packages = json.loads(lock.read_text()).get("packages", {})
        parts += ["==== inside Mermaid's bundle ===="]
        parts += [f"{name.removeprefix('node_modules/')} {facts.get('version')}: {facts.get('license', 'see its repository')}"
                  for name, facts in sorted(packages.items()) if name and not facts.get("dev")] + [""]
    for licence in sorted(libraries.glob("*.dist-info/**/LICENSE*")):
        parts += [f"==== {licence.relative_to(libraries)} ====", licence.read_text(errors="replace").strip(), ""]
    (target / "third-party.txt").write_text("\n".join(parts), encoding="utf-8")


def compress(target: Path) -> None:
    """Twins of all texts. Brotli's best takes time, so that what was compressed once is kept."""
    import brotli  # Debian's python3-brotli

    kept = cache() / "br"
    kept.mkdir(parents=True, exist_ok=True)

    def twin(path: Path) -> None:
        content = path.read_bytes()
        if len(content) < 256:
            return
        known = kept / hashlib.sha256(content).hexdigest()[:32]
        if known.exists():
            known.touch()
            small = known.read_bytes()
        else:
            small = brotli.compress(content, quality=11)
            fresh = known.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(small)
            fresh.rename(known)
        path.with_name(path.name + ".br").write_bytes(small)
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(twin, [path for path in target.rglob("*") if path.suffix in TEXTS and path.name != "build.json"]))


# MARK: Orders


def build() -> None:
    digest = inputs_digest()
    stamp = OUTPUT / "inputs"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("web: building the application", file=sys.stderr)
    libraries = vendor()
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OUTPUT.parent, prefix="web-") as name:
        work, target = Path(name), Path(name) / "out"
        (target / "assets").mkdir(parents=True)
        icons(work, libraries)
        fonts(work)
        katex_style(work)
        meta = bundle(work, target, libraries)
        pages(target, work, meta)
        notices(target, libraries)
        compress(target)
        (target / "inputs").write_text(digest)
        old = Path(name) / "old"
        if OUTPUT.exists():
            OUTPUT.rename(old)
        target.rename(OUTPUT)


def lint() -> None:
    """Strict types, and the linter where it is installed."""
    run(["tsc", "--noEmit", "-p", WEB])
    if linter := shutil.which("oxlint") or os.environ.get("OXLINT"):
        run([linter, "--config", WEB / "oxlint.json", "--deny-warnings", WEB / "src", WEB / "tests"])


if __name__ == "__main__":
    try:
        {"build": build, "lint": lint}[sys.argv[1] if len(sys.argv) > 1 else "build"]()
    except (WebError, subprocess.TimeoutExpired, OSError) as error:
        sys.exit(f"web: {error}")
    except KeyError:
        sys.exit("usage: scripts/web.py [build|lint]")
