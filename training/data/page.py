"""Writes what was found about a set as one page that needs nothing else. Does not find anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TypeVar

from training.data.findings import SIZE_EDGES_PX, ClassCount, Findings, balance_worry
from training.data.sample import DETECTION, Dataset, Problem, Sample
from training.data.sheet import as_data_url, crop_tile, draw_sheet, small_tile
from training.data.splits import SPLITS, Division

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733 }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .15rem .6rem; border-bottom: 1px solid #d8dee4 }
th { text-align: left; vertical-align: bottom } td.n { text-align: right; font-variant-numeric: tabular-nums }
.bar { display: inline-block; height: .8em; vertical-align: middle } .bars { white-space: nowrap }
.worry { color: #a33b00 } .good { color: #21703a }
.train { background: #3b7dd8 } .val { background: #8bb8ee } .test { background: #e0a030 }
img { max-width: 100%; display: block; margin: .3rem 0 1rem } td img { margin: 0 } code { font-size: 90% }
"""
_MOST_PROBLEMS = 300
_MOST_CLUSTERS = 30
_SHEET_PICTURES = 24
_SHEET_PX = 190
_CROPS = 10
_CROP_PX = 72

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about."""

    dataset: Dataset
    division: Division
    findings: Findings
    input_px: tuple[int, int]
    """Width and height of the network's input."""
    kept_in: str
    """Where the division is kept."""


def render_page(subject: Subject) -> str:
    """The page as HTML."""
    title = f"Data: {subject.dataset.root.name}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(subject),
        "<h2>Problems</h2>",
        _problems(subject.dataset, subject.division),
        "<h2>Classes</h2>",
        _classes(subject),
        _sizes(subject),
        "<h2>Pictures that show the same</h2>",
        _alike(subject.findings, subject.dataset.labels),
        "<h2>Examples of each class</h2>",
        _examples(subject.dataset),
        *(_sheet(subject, split) for split in SPLITS),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _summary(subject: Subject) -> str:
    dataset, found = subject.dataset, subject.findings
    boxes = sum(len(sample.boxes) for sample in dataset.samples)
    what = f"{boxes} boxes, {found.empty} pictures without one" if dataset.kind == DETECTION else "whole pictures"
    train, val, test, left_out = found.pictures
    groups = f" in {found.groups} groups" if found.groups else ""
    lines = [
        f"<p>{len(dataset.samples)} usable pictures{groups}, {what}, {len(dataset.labels)} classes. "
        f"Train {train}, val {val}, test {test}{f', left out {left_out}' if left_out else ''}.</p>",
        f"<p>The division is kept in <code>{escape(subject.kept_in)}</code>: pictures that join later move none of "
        "these. Keep the file with the pictures.</p>",
    ]
    worry = balance_worry(dataset, found)
    return "".join(lines) + (f'<p class="worry">{escape(worry)}.</p>' if worry else "")


def _problems(dataset: Dataset, division: Division) -> str:
    problems = (*dataset.problems, *division.problems)
    if not problems:
        return '<p class="good">None.</p>'
    left_out = sum(not problem.used for problem in problems)
    ordered = sorted(problems, key=lambda problem: problem.used)
    rows = [
        (_below(dataset, problem), problem.place, problem.what, problem.todo, "used" if problem.used else "left out")
        for problem in ordered[:_MOST_PROBLEMS]
    ]
    more = f"<p>... and {len(problems) - len(rows)} more.</p>" if len(problems) > len(rows) else ""
    head = f"<p>{len(problems)} in all; for {left_out} of them something is left out of the training.</p>"
    return head + _table(("file", "place", "what", "do", "now"), rows) + more


def _below(dataset: Dataset, problem: Problem) -> str:
    """The file, seen from the folder of the set."""
    path = problem.path
    return path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else str(path)


def _classes(subject: Subject) -> str:
    classes = subject.findings.classes
    most = max((sum(entry.examples) for entry in classes), default=1) or 1
    heads = ("class", "train", "val", "test", "", "pictures", "worry")
    rows = "".join(f"<tr>{_class_row(entry, most)}</tr>" for entry in classes)
    what = "boxes" if subject.dataset.kind == DETECTION else "pictures"
    key = " ".join(f'<span class="bar {split}" style="width:1em"></span> {split}' for split in SPLITS)
    return f"<p>Numbers of {what}: {key}</p><table><tr>{_heads(heads)}</tr>{rows}</table>"


def _class_row(entry: ClassCount, most: int) -> str:
    bars = "".join(
        f'<span class="bar {split}" style="width:{12 * count / most:.2f}em"></span>'
        for split, count in zip(SPLITS, entry.examples, strict=True)
    )
    counts = "".join(f'<td class="n">{count}</td>' for count in entry.examples)
    pictures = f'<td class="n">{sum(entry.pictures)}</td><td class="worry">{escape(entry.worry)}</td>'
    return f'<td>{escape(entry.label)}</td>{counts}<td class="bars">{bars}</td>{pictures}'


def _sizes(subject: Subject) -> str:
    if subject.dataset.kind != DETECTION:
        return ""
    width, height = subject.input_px
    edges = SIZE_EDGES_PX
    names = [f"{low} to {high}" for low, high in pairwise(edges[:-1])] + [f"over {edges[-2]}"]
    classes = [entry for entry in subject.findings.classes if sum(entry.sizes)]
    total = [sum(entry.sizes[place] for entry in classes) for place in range(len(names))]
    rows: list[Sequence[str | int]] = [("all", *total)]
    rows.extend((entry.label, *entry.sizes) for entry in classes)
    text = f"<p>Square root of a box's area, px on an input of {width}x{height}. Under 8 px little is found.</p>"
    return f"<h2>Sizes of boxes</h2>{text}{_table(('class', *names), rows)}"


def _alike(found: Findings, names: Sequence[str]) -> str:
    kinds = (
        ("Near-duplicates across the split that the set itself names: its figures are too good.", found.leaks),
        ("The same file more than once.", found.copies),
        ("Near-duplicates; each row is kept in one split.", found.alike),
    )
    parts = [f"<p>{text} {len(clusters)}.</p>{_clusters(clusters, names)}" for text, clusters in kinds if clusters]
    return "".join(parts) or '<p class="good">None.</p>'


def _clusters(clusters: Sequence[tuple[Sample, ...]], names: Sequence[str]) -> str:
    parts = []
    for cluster in clusters[:_MOST_CLUSTERS]:
        tiles = [small_tile(sample, _SHEET_PX * 2 // 3, _caption(sample)) for sample in cluster[:8]]
        parts.append(_image(as_data_url(draw_sheet(tiles, names, 8)), "near-duplicates"))
    more = len(clusters) - _MOST_CLUSTERS
    return "".join(parts) + (f"<p>... and {more} more.</p>" if more > 0 else "")


def _caption(sample: Sample) -> str:
    return f"{sample.given_split} {sample.path.name}".strip()


def _examples(dataset: Dataset) -> str:
    """A row of crops for each class: a wrong label stands out among its like."""
    rows = []
    for label, name in enumerate(dataset.labels):
        chosen = _spread(list(_boxes_of(dataset, label)), _CROPS)
        if chosen:
            tiles = [crop_tile(dataset.samples[place], number, _CROP_PX) for place, number in chosen]
            picture = _image(as_data_url(draw_sheet(tiles, (), _CROPS)), f"examples of {name}")
            rows.append(f"<tr><td>{escape(name)}</td><td>{picture}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _boxes_of(dataset: Dataset, label: int) -> Iterable[tuple[int, int]]:
    for place, sample in enumerate(dataset.samples):
        yield from ((place, number) for number, other in enumerate(sample.labels) if other == label)


def _sheet(subject: Subject, split: str) -> str:
    places = subject.division.places(split)
    if not places:
        return f"<h2>{split.capitalize()}</h2><p>No pictures.</p>"
    samples = [subject.dataset.samples[place] for place in _spread(places, _SHEET_PICTURES)]
    whole = subject.dataset.kind != DETECTION
    names = subject.dataset.labels
    tiles = [small_tile(sample, _SHEET_PX, names[sample.labels[0]] if whole else "") for sample in samples]
    picture = _image(as_data_url(draw_sheet(tiles, names, 6)), f"pictures of {split}")
    return f"<h2>{split.capitalize()}</h2><p>{len(samples)} of {len(places)} pictures.</p>{picture}"


def _spread(items: Sequence[_T], most: int) -> list[_T]:
    """At most so many, evenly over all."""
    if len(items) <= most:
        return list(items)
    return [items[index * len(items) // most] for index in range(most)]


def _image(url: str, text: str) -> str:
    return f'<img alt="{escape(text)}" src="{url}">'


def _heads(heads: Sequence[str]) -> str:
    return "".join(f"<th>{escape(text)}</th>" for text in heads)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><tr>{_heads(heads)}</tr>{body}</table>"


def _cell(value: str | int) -> str:
    return f"<td>{escape(value)}</td>" if isinstance(value, str) else f'<td class="n">{value}</td>'
