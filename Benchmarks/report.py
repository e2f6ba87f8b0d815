"""Rows of figures, printed as a table and written as JSON."""

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bar:
    """What a value must reach, or may be at most: the ratio where there is a peer, else our own figure."""

    limit: float
    at_least: bool

    def is_met_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:.3g}"


@dataclass(frozen=True)
class Band:
    """What a value must lie within."""

    low: float
    high: float

    def is_met_by(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:.3g}..{self.high:.3g}"


@dataclass(frozen=True)
class Row:
    what: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    less_is_better: bool = False
    #: Median of the rounds' ratios where rounds were paired, else ours / theirs.
    paired_ratio: float | None = None
    bar: Bar | Band | None = None
    #: The bar is for our own figure, though there is a peer.
    judges_ours: bool = False

    @property
    def ratio(self) -> float | None:
        if self.paired_ratio is not None:
            return self.paired_ratio
        return self.ours / self.theirs if self.theirs else None

    @property
    def is_met(self) -> bool | None:
        if self.bar is None:
            return None
        return self.bar.is_met_by(self.ours if self.judges_ours or self.ratio is None else self.ratio)

    @property
    def verdict(self) -> str:
        """Whether the bar was met, and otherwise who is ahead."""
        if self.is_met is not None:
            return "met" if self.is_met else "MISSED"
        if self.ratio is None:
            return ""
        return "ahead" if (self.ratio <= 1) == self.less_is_better or self.ratio == 1 else "BEHIND"

    def as_json(self) -> dict[str, object]:
        values = asdict(self) | {"ratio": self.ratio, "bar": str(self.bar) if self.bar else None, "met": self.is_met}
        del values["paired_ratio"], values["judges_ours"]
        return values


def versus(
    what: str, unit: str, figures: dict[str, list[float]], less_is_better: bool = False, bar: Bar | None = None
) -> Row:
    """A row of medians of rounds: the first name's, which is ours, and those of the peer that does best.

    The ratio is the median of the ratios within each round.
    """
    middles = {name: statistics.median(values) for name, values in figures.items()}
    ours, *peers = middles
    if not peers:
        return Row(what, unit, middles[ours], less_is_better=less_is_better, bar=None)
    peer = min(peers, key=lambda name: middles[name] if less_is_better else -middles[name])
    ratio = statistics.median(a / b for a, b in zip(figures[ours], figures[peer], strict=True))
    return Row(what, unit, middles[ours], peer, middles[peer], less_is_better, ratio, bar)


@dataclass(frozen=True)
class Section:
    title: str
    rows: list[Row]
    remarks: list[str]


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def table(section: Section) -> str:
    header = ["", "unit", "ours", "peer", "theirs", "ratio", "bar", ""]
    lines = [header] + [
        [
            row.what, row.unit, number(row.ours), row.peer, number(row.theirs),
            f"{row.ratio:.2f}" if row.ratio is not None else "", str(row.bar or ""), row.verdict,
        ]
        for row in section.rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    right = {2, 4, 5}
    text = [
        "  ".join(cell.rjust(width) if at in right else cell.ljust(width)
                  for at, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]
    return "\n".join([f"\n{section.title}", *text, *(f"  - {remark}" for remark in section.remarks)])


def write_json(path: Path, machine: dict[str, object], sections: list[Section]) -> None:
    document = {
        "machine": machine,
        "sections": [
            {"title": s.title, "rows": [row.as_json() for row in s.rows], "remarks": s.remarks} for s in sections
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
