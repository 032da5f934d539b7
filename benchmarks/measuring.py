"""How the benchmarks measure: whole processes, in turn with their peers, and tables of what came out."""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

ROOT = Path(__file__).resolve().parent.parent

#: Where the figures that the README shows are kept.
RESULTS = ROOT / "benchmarks" / "results.json"

#: What a part found, as JSON holds it.
Results: TypeAlias = dict[str, Any]

#: Seconds after which a process is given up.
PATIENCE = 7200.0


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure.

    Attributes:
        words: Program and arguments.
        environment: Variables set besides those of this process.
        folder: Where it runs; a new empty folder where none is given.
    """

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


class Taken(NamedTuple):
    """What a process took.

    Attributes:
        seconds: From its start to its end, interpreter and imports included.
        mebibytes: Largest resident set of the process or of one of its children, as the system accounts it.
        output: What it wrote to its standard output.
    """

    seconds: float
    mebibytes: float
    output: str


def run(command: Command, *, patience: float = PATIENCE) -> Taken:
    """Run a process to its end and measure it.

    Raises:
        SystemExit: It failed or took too long; with the end of what it said.
    """
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        report, told = Path(empty, "report"), " ".join(command.words)[:300]
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(report), *command.words],
            cwd=command.folder or empty, env={**os.environ, **command.environment}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=out, stderr=err,
        )  # fmt: skip
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"{told} took more than {patience:g} seconds.") from None
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        for file in (out, err):
            file.seek(0)
        ended, taken, kibibytes = json.loads(report.read_text()) if report.exists() else (child.returncode, 0, 0)
        if ended:
            raise SystemExit(f"{told} ended with {ended}:\n{err.read().decode(errors='replace')[-2000:]}")
        return Taken(taken, kibibytes / 1024, out.read().decode())


#: A process is charged for the memory of the one that started it, until it has begun; so a small one starts it.
_LAUNCHER = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
taken = time.perf_counter() - start
with open(sys.argv[1], "w") as report:
    report.write(f"[{os.waitstatus_to_exitcode(status)}, {taken}, {usage.ru_maxrss}]")
"""


def interleaved(commands: Mapping[str, Command], runs: int, *, warm: int = 1) -> dict[str, Taken]:
    """Median time and largest memory of each command, run in turn; the first rounds are not counted."""
    found: dict[str, list[Taken]] = {name: [] for name in commands}
    for turn in range(warm + runs):
        for name, command in commands.items():
            taken = run(command)
            if turn >= warm:
                found[name].append(taken)
    return {
        name: Taken(statistics.median(one.seconds for one in all_), max(one.mebibytes for one in all_), all_[-1].output)
        for name, all_ in found.items()
    }


def installed(folder: Path, *packages: str) -> Path:
    """A fresh environment outside the checkout, with the package from its wheel and others; returns its Python."""
    environment = folder / "env"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip = [str(python), "-m", "pip", "-q", "--disable-pip-version-check"]
    wheels = folder / "wheels"
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(wheels), str(ROOT)], check=True)
    subprocess.run([*pip, "install", *(str(path) for path in wheels.glob("*.whl")), *packages], check=True)
    return python


def tool(python: Path) -> str:
    """The installed command line beside a Python."""
    return str(python.parent / "csto-graph")


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    told = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return {"processor": name, "cores": os.cpu_count(), "python": platform.python_version()}


def read(path: Path) -> Results:
    """Results kept in a file; none where there is no file."""
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def keep(path: Path, part: str, found: Results) -> None:
    """Put the results of a part into a file, beside those of other parts that are there."""
    results = read(path) | {part: found, "machine": machine()}
    text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8", newline="\n")


# ------------------------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True)
class Table:
    """Figures for people.

    Attributes:
        name: As the markers in the README have it.
        title: What was measured, in one sentence.
        columns: Headings; the first is that of the labels.
        rows: Cells as they are to be shown.
        labels: How many columns hold words; the others hold figures.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1

    def text(self) -> str:
        """For the screen: labels to the left, figures to the right."""
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        lines = [self.title]
        for row in (self.columns, *self.rows):
            cells = (
                cell.ljust(width) if at < self.labels else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """For the README."""
        marks = ["---"] * self.labels + ["---:"] * (len(self.columns) - self.labels)
        lines = [self.columns, marks, *self.rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def plain(name: str, title: str, records: Iterable[Mapping[str, object]]) -> Table:
    """A table of records with the same keys, as they are."""
    kept = list(records)
    columns = list(dict.fromkeys(key for record in kept for key in record))
    return Table(name, title, columns, [[short(record.get(key, "")) for key in columns] for record in kept])


def short(value: object) -> str:
    """A value in a table: numbers to three digits."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def seconds(value: float | None) -> str:
    """A time, in the unit in which it reads best."""
    if value is None:
        return ""
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    if value < 1:
        return f"{value * 1000:.3g} ms" if value < 0.1 else f"{value * 1000:.0f} ms"
    return f"{value:.3g} s" if value < 100 else f"{value:,.0f} s"


def say(words: str) -> None:
    """Tell how far it is, apart from what was found."""
    print(words, file=sys.stderr, flush=True)
