"""Which corpora a run mixes, and how the mixture moves from general sentiment to layoff posts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.classifier.labels import HEADS
from store import InputError
from training.collected import more_annotated_rows, unlabelled_posts
from training.corpora import Example, annotated_post, annotated_posts, count_rows, emotion_corpus, sentiment_corpus
from training.splits import split_of, text_key

if TYPE_CHECKING:
    from collections.abc import Iterator


OWN = Path(__file__).parent.parent


@dataclass(frozen=True)
class Source:
    """A corpus and its weight: the posts that a run as long as the sum of all weights would draw from it.

    `tilt` is its rate at the end over that at the start.
    """

    name: str
    posts: int
    tilt: float = 1.0


UMSAB, GOLD, ANNOTATIONS = "sentiment/umsab-train.tsv.gz", "layoffs/gold-dev.jsonl", "training/annotations.tsv"
#: Chosen so that no corpus is read more than some five times (annotated posts: eight), and none drowns the others.
SOURCES = (
    Source(UMSAB, 60_000, 0.7),
    Source("sentiment/semeval-en-train.tsv.gz", 14_000, 0.6),
    Source("sentiment/sb10k-de-train.tsv.gz", 6_000, 0.7),
    Source("sentiment/potts-de-train.tsv.gz", 3_000, 0.4),
    Source("sentiment/vlsp2016-vi-train.tsv.gz", 6_000, 0.7),
    Source("sentiment/vsfc-vi-train.tsv.gz", 1_500, 0.4),
    Source("sentiment/reviews-ja-train.tsv.gz", 4_000, 0.5),
    Source("sentiment/reviews-zh-train.tsv.gz", 1_500, 0.5),
    Source("sentiment/smsa-id-train.tsv.gz", 1_000, 0.4),
    Source("sentiment/malay-train.tsv.gz", 500, 0.4),
    Source("sentiment/afrisenti-ary-train.tsv.gz", 1_500, 0.4),
    Source("sentiment/afrisenti-arq-train.tsv.gz", 1_000, 0.4),
    Source("sentiment/afrisenti-por-train.tsv.gz", 1_500, 0.4),
    Source("emotion/goemotions-en-train.tsv.gz", 12_000, 0.5),
    Source("emotion/tweeteval-en-train.tsv.gz", 3_500, 0.5),
    Source("emotion/vsmec-vi-train.tsv.gz", 3_000, 0.5),
    Source(GOLD, 38_000, 3.0),
    Source("layoffs/gold-multilingual-train.jsonl", 4_000, 3.0),
    Source(ANNOTATIONS, 90_000, 3.0),
    Source("training/authored.jsonl", 46_000, 3.0),
)
#: Files of annotated posts in the data folder.
ANNOTATED = (GOLD, "layoffs/gold-multilingual-train.jsonl")
#: The collected posts without labels: read by masked-language training and, with teachers' labels, by a student.
UNLABELLED = Source("layoffs/unlabelled", 24_000, 2.0)


def load(data: Path, name: str) -> list[Example]:
    """The training examples of one corpus, none where it is absent; of posts on layoffs only the training split.

    Posts that say what a held-out post says are left out: people repeat each other across threads and authors.
    """
    examples = _read(data, name)
    if name.startswith(("sentiment/", "emotion/")):
        return examples
    held_out = held_out_texts(data)
    return [example for example in examples if text_key(example.text) not in held_out]


def _read(data: Path, name: str) -> list[Example]:
    if name == UNLABELLED.name:
        return unlabelled_posts(data)
    if name == ANNOTATIONS:
        posts = [annotated_post(row) for row in more_annotated_rows(data)]
        return [post for post in posts if split_of(post.group) == "train"]
    path = OWN / name if name.startswith("training/") else data / name
    if not path.exists():
        return []
    if name.startswith("sentiment/"):
        return sentiment_corpus(path)
    if name.startswith("emotion/"):
        return emotion_corpus(path, with_sentiment="goemotions" in name)
    posts = annotated_posts(path)
    return [post for post in posts if split_of(post.group) == "train"] if name == GOLD else posts


@lru_cache(maxsize=1)
def held_out_texts(data: Path) -> frozenset[str]:
    """Keys of the texts of held-out posts, of those longer than three words: shorter ones are equal by chance."""
    gold, authored = data / "layoffs/gold-dev.jsonl", data / "layoffs/gold-multilingual-dev.jsonl"
    posts = annotated_posts(gold) if gold.exists() else []
    posts += map(annotated_post, more_annotated_rows(data))
    held_out = [post for post in posts if split_of(post.group) != "train"]
    held_out += annotated_posts(authored) if authored.exists() else []
    return frozenset(key for key in (text_key(post.text) for post in held_out) if len(key.split()) > 3)


def survey(data: Path, sources: tuple[Source, ...], *, posts: int, start: float) -> None:
    """Print what a run of `posts` posts will read of every corpus.

    Raises `InputError` where `data` holds no annotated post to train on: the posts that are shipped are no run's whole matter.
    """
    corpora = {source.name: load(data, source.name) for source in sources}
    present = [source for source in sources if corpora[source.name]]
    if not any(source.name == ANNOTATIONS or source.name in ANNOTATED for source in present):
        raise InputError(
            f"{data} holds no annotated posts to train on. Expected {data / GOLD}, one JSON object a line; "
            "see docs/your-own-model.md."
        )
    steps = 100
    draws = [0.0] * len(present)
    for step in range(steps):
        rates = _rates(present, start + (1.0 - start) * (step + 0.5) / steps)
        draws = [drawn + posts * rate / sum(rates) / steps for drawn, rate in zip(draws, rates, strict=True)]
    for source, drawn in zip(present, draws, strict=True):
        n = len(corpora[source.name])
        line = f"{source.name}: {n:,} posts, {drawn:,.0f} draws, {drawn / n:.1f} passes"
        if source.name.endswith(".tsv.gz"):
            line += f", {count_rows(data / source.name) - n:,} rows skipped (no usable label)"
        print(line, flush=True)


def _rates(sources: list[Source], progress: float) -> list[float]:
    """How often each corpus is drawn from; each rate moves linearly from start to start · tilt, with the mean 1."""
    return [s.posts * 2.0 / (1.0 + s.tilt) * (1.0 + (s.tilt - 1.0) * progress) for s in sources]


class Mixture:
    """An endless, seeded, resumable stream of examples: `draw(progress, count)` gives the next posts."""

    def __init__(self, corpora: dict[str, list[Example]], sources: tuple[Source, ...], seed: int) -> None:
        self._sources = [source for source in sources if corpora.get(source.name)]
        self._corpora = corpora
        self._rng = random.Random(seed)
        self._streams = [self._stream(source.name) for source in self._sources]

    def _stream(self, name: str) -> Iterator[Example]:
        head = "sentiment"
        if name.startswith("emotion/"):
            head = "emotion"
        while True:
            examples = list(self._corpora[name])
            if name.startswith(("sentiment/", "emotion/")):
                examples = _shuffled_balanced(examples, head, self._rng)
            else:
                self._rng.shuffle(examples)  # natural shares: these set the priors of the report
            yield from examples

    def draw(self, progress: float, count: int) -> list[Example]:
        """`count` examples at `progress` (0 … 1) through the run."""
        chosen = self._rng.choices(range(len(self._sources)), _rates(self._sources, progress), k=count)
        return [next(self._streams[index]) for index in chosen]


def _shuffled_balanced(examples: list[Example], head: str, rng: random.Random) -> list[Example]:
    """All examples once, the rarer classes of `head` repeated up to half the size of the largest."""
    index = list(HEADS).index(head)
    by_class: dict[int, list[Example]] = {}
    for example in examples:
        by_class.setdefault(example.labels[index], []).append(example)
    largest = max(len(group) for group in by_class.values())
    mixed: list[Example] = []
    for group in by_class.values():
        times = max(1, min(3, round(0.5 * largest / len(group))))
        mixed += group * times
    rng.shuffle(mixed)
    return mixed
