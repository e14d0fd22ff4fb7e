"""Maps whole corpora to canonical rows, in chunks, here or on Dask with the same code.

What a chunk costs in memory is its rows; the corpus is never loaded as a whole. Failures are
counted by cause, so that a thousand payloads with one fault are one row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, TranslationError
from workbench.execution.portions import Portion, require, split_corpus
from workbench.mapping import Translation, Translator, load_mappings, translate_one
from workbench.text import suggest_name

if TYPE_CHECKING:
    import pandas as pd

Cause = tuple[str, str, str]

_INDEX = re.compile(r"(?<=[/.])\d+(?=[/.\s]|$)")
_AHEAD = 4  # portions in flight for each worker


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to get a translator, in any process that sees the file.

    Attributes:
        path: The mapping file.
        mapping: Name of the mapping.
        timezone: The manifest's zone.
        currency: The manifest's currency.
    """

    path: str
    mapping: str
    timezone: str
    currency: str

    def load(self) -> Translator:
        """The translator; compiled once per process and version of the file.

        Raises:
            MappingError: The mapping is wrong.
            InputError: It has no mapping of that name.
        """
        path = Path(self.path)
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        return _load(self, changed)


@lru_cache(maxsize=32)
def _load(recipe: Recipe, _changed: int) -> Translator:
    found = load_mappings(Path(recipe.path), timezone=recipe.timezone, currency=recipe.currency)
    if recipe.mapping not in found:
        raise InputError(
            f"there is no mapping {recipe.mapping!r}",
            location=recipe.path,
            hint=suggest_name(recipe.mapping, found),
        )
    return found[recipe.mapping]


@dataclass
class CorpusTally:
    """What became of some payloads, in numbers; tallies of one corpus can be added up.

    Attributes:
        failures: Cause (field, message, path; indexes collapsed) → number of payloads.
        examples: Cause → file and line of the first such payload.
        provenance: Field and the pointer it was read from, both collapsed → times seen.
        unread: Collapsed pointer of what no rule reads → times seen.
        payloads: Number of payloads.
        traced: Number of those that provenance and unread leaves were taken from.
    """

    failures: Counter[Cause] = field(default_factory=Counter)
    examples: dict[Cause, str] = field(default_factory=dict)
    provenance: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    payloads: int = 0
    traced: int = 0

    def add(self, other: CorpusTally) -> None:
        """Count another one in."""
        self.failures += other.failures
        self.examples = other.examples | self.examples
        self.provenance += other.provenance
        self.unread += other.unread
        self.payloads += other.payloads
        self.traced += other.traced

    def fail(self, error: TranslationError, where: str) -> None:
        """Count a payload that could not be translated."""
        cause = (_collapse(error.field), _collapse(error.message), _collapse(error.path))
        self.failures[cause] += 1
        self.examples.setdefault(cause, where)

    def trace(self, result: Translation) -> None:
        """Note where the fields of a payload come from, and what of it is not read."""
        pairs = {(_collapse(ours), _collapse(path)) for ours, path in result.provenance.items()}
        self.provenance.update(pairs)
        self.unread.update(result.coverage.unread)
        self.traced += 1


@dataclass
class Chunk:
    """Some payloads of a corpus, translated.

    Attributes:
        rows: Canonical rows: `source`, and one column for each dotted field; lists as lists.
        tally: What became of all of them.
    """

    rows: pd.DataFrame
    tally: CorpusTally


def map_portion(recipe: Recipe, portion: Portion, *, traced: int = 20) -> Chunk:
    """Translate one portion.

    Args:
        recipe: The mapping.
        portion: What to read.
        traced: Payloads whose provenance and coverage is looked at; it costs more than translating.

    Raises:
        MappingError: The mapping is wrong; wrong payloads are failures in the chunk.
    """
    import pandas as pd  # noqa: PLC0415 0.3 s that only a corpus needs

    translator = recipe.load()
    tally = CorpusTally()
    rows = []
    for entry in portion.read():
        tally.payloads += 1
        if entry.fault is not None:
            tally.fail(TranslationError(entry.fault), entry.where)
            continue
        result = translate_one(translator, entry.payload)
        if isinstance(result, TranslationError):
            tally.fail(result, entry.where)
            continue
        rows.append({"source": entry.where, **_flatten(result)})
        if tally.traced < traced:
            tally.trace(result)
    return Chunk(pd.DataFrame(rows), tally)


def map_corpus(
    recipe: Recipe, path: Path, *, size: int = 1000, column: str | None = None, traced: int = 20
) -> Iterator[Chunk]:
    """Translate a corpus in this process, chunk by chunk.

    Raises:
        InputError: The corpus is not there, or an optional package is.
        MappingError: The mapping is wrong.
    """
    for portion in split_corpus(path, size=size, column=column):
        yield map_portion(recipe, portion, traced=traced)


def map_on_dask(
    recipe: Recipe,
    path: Path,
    *,
    scheduler: str | None = None,
    size: int = 1000,
    column: str | None = None,
    traced: int = 20,
) -> Iterator[Chunk]:
    """Translate a corpus on Dask, with the same code; chunks come in the order of the corpus.

    Args:
        recipe: The mapping; workers read it, and the corpus, from the same paths.
        path: The corpus.
        scheduler: Address of a running scheduler; None starts processes on this machine.
        size: Payloads in a chunk.
        column: See `split_corpus`.
        traced: See `map_portion`.

    Raises:
        InputError: The corpus is not there, or Dask is not installed.
    """
    distributed = require("distributed", extra="dask", what="scaling out")
    with ExitStack() as stack:
        if scheduler is None:
            cluster = distributed.LocalCluster(threads_per_worker=1, dashboard_address=None)
            scheduler = stack.enter_context(cluster).scheduler_address
        client = stack.enter_context(distributed.Client(scheduler))
        portions = split_corpus(path, size=size, column=column)

        def submit(portion: Portion) -> Any:
            return client.submit(map_portion, recipe, portion, traced=traced, pure=False)

        window = max(2, _AHEAD * len(client.scheduler_info()["workers"]))
        waiting = [submit(portion) for portion in islice(portions, window)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [submit(portion) for portion in islice(portions, 1)]


def summarise(chunks: Iterable[Chunk]) -> CorpusTally:
    """Add up all chunks, letting go of their rows."""
    total = CorpusTally()
    for chunk in chunks:
        total.add(chunk.tally)
    return total


def _flatten(result: Translation) -> dict[str, Any]:
    """Dotted columns of what was given; lists stay lists of plain objects."""
    flat: dict[str, Any] = {}
    waiting = [("", result.value.model_dump(mode="json", exclude_unset=True))]
    while waiting:
        prefix, members = waiting.pop()
        for name, value in members.items():
            if isinstance(value, dict) and value:
                waiting.append((f"{prefix}{name}.", value))
            else:
                flat[f"{prefix}{name}"] = value
    return flat


def _collapse(text: str) -> str:
    """Indexes as `*`, so that the same fault in other lines is the same cause."""
    return _INDEX.sub("*", text)
