"""Writes the plots beside the results, two lines in README.md, and the tables in docs/performance.md.

``python -m bench.render`` writes them again from the saved results.
"""

import statistics
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from bench.contestants import ALL_PEERS, HELLO, PORTERO, ROOT
from bench.results import FOLDER, Figure, Result

README, PAGE = ROOT / "README.md", ROOT / "docs/performance.md"
BEGIN, END = "<!-- written by `make bench` -->", "<!-- end of what `make bench` writes -->"

_STYLE = """
svg { font: 13px system-ui, sans-serif; background: #fff; color: #1f2328 }
text { fill: currentColor }
.title { font-weight: 600 }
.bar { fill: #b1bac4 }
.bar.ours { fill: #2f81f7 }
line { stroke: currentColor }
@media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3 } .bar { fill: #57606a } }
"""
_LABELS, _BARS, _VALUES, _LINE = 260, 340, 100, 22


def write(folder: Path = FOLDER) -> None:
    """Write the plots and the tables for the results in a folder."""
    results = load_all(folder)
    for name, result in results.items():
        if result.series:
            (folder / f"{name}.svg").write_text(plot(result), "utf-8")
    for page, text in pages(results).items():
        page.write_text(insert(page.read_text("utf-8"), text), "utf-8")


def pages(results: dict[str, Result]) -> dict[Path, str]:
    """Return the text between the markers of each page."""
    return {README: front_page(results), PAGE: f"{summary(results)}\n{details(results)}"}


def load_all(folder: Path = FOLDER) -> dict[str, Result]:
    """Return all saved results by name, in the order in which they were measured."""
    results = {file.stem: Result.load(file) for file in folder.glob("*.json")}
    return dict(sorted(results.items(), key=lambda each: each[1].run["position"]))


def insert(page: str, text: str) -> str:
    """Return a page with other text between the two markers."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}"


def summary(results: dict[str, Result]) -> str:
    """Return a table with the ratio of Portero to each other contestant."""
    rows = {
        "`GET /user`, requests per second": "get_user",
        "login, per second": "login",
        "register, per second": "register",
        "seconds to start (less is better)": "start",
        "idle memory (less is better)": "memory",
    }
    others = [each.title for each in (HELLO, *ALL_PEERS)]
    cells = []
    for title, name in rows.items():
        figures = results[name].figures if name in results else []
        values = {each.title.partition(" ÷ ")[2]: f"{each.value:.2f}" for each in figures}
        cells.append([title, *(values.get(other, "") for other in others)])
    return table([f"{PORTERO.title} ÷", *others], cells)


def front_page(results: dict[str, Result]) -> str:
    """Return the lines of README.md with the ratios of Portero's request rates to those of the others."""
    lines = []
    for title, name in {"`GET /user`": "get_user", "`POST /login`": "login"}.items():
        figures = results[name].figures if name in results else []
        values = {each.title.partition(" ÷ ")[2]: each.value for each in figures}
        others = [each.title for each in (HELLO, *ALL_PEERS) if each.title in values]
        ratios = ", ".join(f"{values[other]:.2f} times {other}" for other in others)
        lines.append(f"- {title}, requests per second: {ratios}\n")
    return "".join(lines)


def details(results: dict[str, Result]) -> str:
    """Return a section for each measure: its plot and its figures."""
    sections = []
    for name, result in results.items():
        run = result.run
        parts = [
            f"### {result.title}\n",
            f"{run['rounds']} rounds on {run['date']}, {run['machine']}, in {run['took_seconds']} s.\n",
        ]
        if result.error:
            parts.append(f"This measure failed: {result.error}\n")
        if result.series:
            parts.append(f"![{result.title}](../bench/results/{name}.svg)\n")
        if result.figures:
            parts.append(figures_table(result.figures))
        sections.append("\n".join(parts))
    return "\n".join(sections)


def figures_table(figures: Iterable[Figure]) -> str:
    """Return the figures of a measure as a table."""
    return table(["figure", "median", "range", "by CPU", "goal", ""], [figure.cells() for figure in figures])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def plot(result: Result) -> str:
    """Return the medians of each series as bars in SVG, with a line from the lowest to the highest sample."""
    parts: list[str] = []
    y = _LINE
    for quantity, samples in result.series.items():
        parts.append(f'<text class="title" x="8" y="{y}">{escape(quantity)}</text>')
        scale = _BARS / max(max(each) for each in samples.values())
        for name, values in samples.items():
            y += _LINE
            low, middle, high = (
                _LABELS + scale * each for each in (min(values), statistics.median(values), max(values))
            )
            kind = "bar ours" if name == PORTERO.title else "bar"
            parts += [
                f'<text x="{_LABELS - 8}" y="{y}" text-anchor="end">{escape(name)}</text>',
                f'<rect class="{kind}" x="{_LABELS}" y="{y - 12}" width="{middle - _LABELS:.1f}" height="15"/>',
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y - 4.5}" y2="{y - 4.5}"/>',
                f'<text x="{high + 8:.1f}" y="{y}">{statistics.median(values):.4g}</text>',
            ]
        y += 2 * _LINE
    size = f'width="{_LABELS + _BARS + _VALUES}" height="{y - _LINE}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{_STYLE}</style>\n{body}\n</svg>\n'


if __name__ == "__main__":
    write()
