"""Label what is new or changed: language, companies, themes, duplicates by rules; kind, voice, sentiment, emotion by the model.

Weeks are taken from the newest back, in groups of about one batch. What the model said is stored every 20 s or so, so a run cut
short loses no more than that, and the next goes on where it stood. Within a week, first the labels are put right whose
original has changed, then the rest: whatever is interrupted, the week still has something to do and is looked at again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from analysis.classifier import PREDICTION_SCHEMA, Context
from analysis.companies import compile_companies, find_companies
from analysis.duplicates import find_duplicates
from analysis.language import detect_languages
from analysis.orphans import drop_orphans
from analysis.pending import KEY, compare, fingerprints, settings_digest
from analysis.portions import Pace, groups_of_weeks
from analysis.themes import find_themes
from store import LABELS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from analysis.classifier import Classifier
    from analysis.companies import CompanyRules
    from analysis.settings import LabelSettings
    from store import Store

_POST_COLUMNS: Final = (*KEY, "author", "created_at", "lang_hint", "text", "week")


@dataclass(frozen=True)
class LabelSummary:
    """What a run did."""

    labelled: int
    """Posts that went through the model."""
    rules_only: int
    """Posts whose rules were applied again; what the model said was kept."""
    unchanged: int
    """Posts that were up to date."""
    duplicates: int
    """Of all posts: those that repeat an earlier one of their week."""
    by_kind: dict[str, int]
    """Of all posts, by this model."""
    seconds: float
    posts_per_second: float
    """Of those that went through the model or the rules; 0 where there were none."""


def label_posts(
    store: Store,
    classifier: Classifier,
    settings: LabelSettings,
    *,
    now: dt.datetime,
    on_progress: Callable[[int, int | None], None] | None = None,
    batch: int = 1024,
) -> LabelSummary:
    """Bring the labels of this model up to date with posts and settings; running it again changes nothing.

    Args:
        store: read and written.
        classifier: its revision is the `model` of the labels; labels of other revisions stay as they are.
        settings: companies, themes, layoff words.
        now: UTC-aware, stored as labelled_at.
        on_progress: gets (posts done, posts to do).
        batch: posts stored at a time at most; fewer where the machine reads fewer in 20 s.

    Raises:
        ModelError: the model can't be run.
        StoreError, StoreBusy: the tables can't be written, or another run is labelling: it would do the same work.
    """
    with store.alone("labelling"):
        return _label(store, classifier, settings, now=now, on_progress=on_progress, batch=batch)


def _label(
    store: Store,
    classifier: Classifier,
    settings: LabelSettings,
    *,
    now: dt.datetime,
    on_progress: Callable[[int, int | None], None] | None,
    batch: int,
) -> LabelSummary:
    started = time.monotonic()
    drop_orphans(store)
    work = store.read(
        lambda: compare(
            fingerprints(store.scan("posts"), rules=settings_digest(settings)),
            store.scan("labels"),
            model=classifier.revision,
        )
    )
    to_do = work.filter(pl.col("todo") != "nothing")
    run = _Run(store, classifier, settings, compile_companies(settings.companies, settings.layoff_words), now)
    pace = Pace(most=batch)
    done = 0

    def advance(posts: int) -> None:
        if on_progress:
            on_progress(done + posts, to_do.height)

    advance(0)
    for weeks in groups_of_weeks(to_do, _dangling(store, work, model=classifier.revision), batch=batch):
        prepared = run.prepare(work.filter(pl.col("week").is_in(weeks)))
        run.save(prepared.filter("moved_original").select(LABELS.names()))
        by_rules = prepared.filter(pl.col("todo") == "rules")
        run.save(by_rules.select(LABELS.names()))
        done += by_rules.height
        advance(0)
        for rows in pace.portions(prepared.filter(pl.col("todo") == "model")):
            run.save(run.read(rows, on_progress=advance).select(LABELS.names()))
            done += rows.height
            advance(0)
    return _summary(store, work, model=classifier.revision, seconds=time.monotonic() - started)


@dataclass(frozen=True)
class _Run:
    store: Store
    classifier: Classifier
    settings: LabelSettings
    company_rules: CompanyRules
    now: dt.datetime

    def prepare(self, work: pl.DataFrame) -> pl.DataFrame:
        """Rows of LABELS for what there is to do in whole weeks, newest first; the model's columns as stored, else null.

        Further columns: `todo`; `moved_original`, true where only duplicate_of changes; text and model_title.
        """
        weeks = work["week"].unique().to_list()
        scan, model = self.store.scan, pl.col("model") == self.classifier.revision
        posts = self.store.read(lambda: scan("posts", weeks=weeks).select(_POST_COLUMNS).collect())
        # A week that changes while we read would leave some posts out: they are taken up by the next run.
        posts = posts.join(work.drop("week"), on=KEY, how="inner")
        # Purges may have left nothing of these weeks: the empty frame has the column too.
        by_week = [posts.clear(), *(group for _, group in posts.group_by("week"))]
        posts = pl.concat([group.with_columns(find_duplicates(group)) for group in by_week])
        stored = self.store.read(lambda: scan("labels", weeks=weeks).filter(model).collect())
        rows = posts.join(stored.select(*KEY, stored_original="duplicate_of"), on=KEY, how="left").with_columns(
            ((pl.col("todo") == "nothing") & pl.col("duplicate_of").ne_missing(pl.col("stored_original"))).alias(
                "moved_original"
            )
        )
        rows = rows.filter((pl.col("todo") != "nothing") | pl.col("moved_original")).sort(
            "created_at", *KEY, descending=True
        )
        rows = rows.with_columns(detect_languages(rows))  # decides about some words of themes
        rows = rows.with_columns(
            find_companies(rows, self.company_rules),
            find_themes(rows, self.settings.themes),
            pl.lit(self.classifier.revision).alias("model"),
            pl.lit(self.now).cast(LABELS["labelled_at"]).alias("labelled_at"),
        )
        return rows.join(stored.select(*KEY, *PREDICTION_SCHEMA), on=KEY, how="left", maintain_order="left")

    def read(self, rows: pl.DataFrame, *, on_progress: Callable[[int], None]) -> pl.DataFrame:
        """The rows with the model's columns filled in."""
        contexts = [
            Context(platform=source, thread_title=title)
            for source, title in rows.select("source", "model_title").iter_rows()
        ]
        predicted = self.classifier.predict(rows["text"].to_list(), contexts, on_progress=on_progress)
        return rows.drop(PREDICTION_SCHEMA.names()).hstack(predicted)

    def save(self, rows: pl.DataFrame) -> None:
        """Store the labels of posts that are still there as they were read.

        Else a purge, or a file imported again that took posts out or changed their text meanwhile, would leave labels of nothing.
        """
        if rows.is_empty():
            return
        weeks = rows["week"].unique().to_list()
        with self.store.writing():
            there = self.store.read(lambda: self.store.scan("posts", weeks=weeks).select(*KEY, "text_hash").collect())
            self.store.upsert("labels", rows.join(there, on=[*KEY, "text_hash"], how="semi", maintain_order="left"))


def _dangling(store: Store, work: pl.DataFrame, *, model: str) -> list[dt.date]:
    """Weeks where a label points to a post that is no longer there."""
    keys = work.lazy().select("week", pl.concat_str(*KEY, separator=":").alias("duplicate_of"))
    dangling = store.read(
        lambda: (
            store.scan("labels")
            .filter((pl.col("model") == model) & pl.col("duplicate_of").is_not_null())
            .select("week", "duplicate_of")
            .join(keys, on=["week", "duplicate_of"], how="anti")
            .select(pl.col("week").unique())
            .collect()
        )
    )
    return dangling["week"].to_list()


def _summary(store: Store, work: pl.DataFrame, *, model: str, seconds: float) -> LabelSummary:
    counts = dict(work.group_by("todo").len().iter_rows())
    kinds = store.read(
        lambda: (
            store.scan("labels")
            .filter(pl.col("model") == model)
            .group_by("kind")
            .agg(pl.len().alias("posts"), pl.col("duplicate_of").is_not_null().sum().alias("duplicates"))
            .sort("posts", "kind", descending=[True, False])
            .collect()
        )
    )
    touched = counts.get("model", 0) + counts.get("rules", 0)
    return LabelSummary(
        labelled=counts.get("model", 0),
        rules_only=counts.get("rules", 0),
        unchanged=counts.get("nothing", 0),
        duplicates=int(kinds["duplicates"].sum()),
        by_kind=dict(kinds.select("kind", "posts").iter_rows()),
        seconds=seconds,
        posts_per_second=touched / seconds if touched else 0.0,
    )
