"""How well the bundled model does on annotated posts it never saw: read from the shipped `quality.json`."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from analysis.classifier.artefact import verified_bytes


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FalseReactions(_Frozen):
    """Posts predicted as reactions, and those among them that are none: what they add to the weekly figure."""

    predicted_reaction: int
    """Posts predicted as reaction."""
    of_them_not_reaction: int
    """Those whose gold kind is another."""
    their_predicted_sentiment: tuple[int, int, int]
    """Predicted sentiment of those: negative, neutral, positive."""


class Quality(_Frozen):
    """Counts on held-out annotated posts: of each platform that has enough of them, and of `all` together."""

    revision: str
    """Revision of the model that was measured."""
    n: int
    """Held-out posts in all."""
    measured_on: str
    """Which posts, in words, for the report's method page."""
    sentiment_confusion: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]] = Field()
    """Gold reactions predicted as reaction: rows are the true, columns the predicted negative, neutral, positive."""
    missed_reactions: dict[str, tuple[int, int, int]]
    """Gold reactions predicted as another kind, by their true sentiment."""
    false_reactions: dict[str, FalseReactions]
    """What is counted although it is no reaction, on posts drawn as they come (not chosen by kind)."""
    usual_sentiment: dict[str, tuple[int, int, int]]
    """Gold reactions by their true sentiment, those of training too: what is usual, by no label of the model's."""
    kind_confusion: dict[str, tuple[tuple[int, int, int, int], ...]]
    """All posts: rows are the true, columns the predicted reaction, news, promo, noise."""
    reaction_recall: dict[str, float]
    """Share of gold reactions that are predicted as reaction."""
    sentiment_ece: dict[str, float]
    """Expected calibration error of the sentiment (15 bins) on gold reactions."""


@cache
def quality() -> Quality:
    """The shipped figures. Raises `ModelError` where the file is missing or not the released one."""
    return Quality.model_validate_json(verified_bytes("quality.json"))
