"""What all backends share: cleaning, tokenising, windows, batches by length, and putting results back in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from analysis.classifier.predictions import CLASSES, combine_windows, to_frame
from analysis.classifier.text import clean_text, context_segment
from analysis.classifier.windows import PAD_ID, Window, split_windows
from store import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

    from analysis.classifier.text import Context

# Posts tokenised at once: enough for batches of equal length, little enough that a million posts need no more memory.
CHUNK_POSTS = 2048


class Forward(Protocol):
    """One pass through a network."""

    def __call__(
        self, input_ids: NDArray[np.int64], lengths: NDArray[np.int32], text_mask: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Ids [windows, tokens], real tokens of each, mask [windows, tokens, 1] of pooled ones → logits [windows, classes]."""


class Engine:
    """A `Classifier` from a tokenizer and a forward pass."""

    def __init__(
        self, *, revision: str, tokenizer: PreTrainedTokenizerFast, forward: Forward, batch_tokens: int
    ) -> None:
        self.revision = revision
        self._tokenizer = tokenizer
        self._forward = forward
        self._batch_tokens = batch_tokens

    def predict(
        self,
        texts: Sequence[str],
        contexts: Sequence[Context],
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> pl.DataFrame:
        """See `Classifier.predict`."""
        if len(texts) != len(contexts):
            raise UsageError(f"predict() got {len(texts)} texts and {len(contexts)} contexts; give one context a text.")
        frames = [to_frame(np.zeros((0, CLASSES), np.float32))]
        for start in range(0, len(texts), CHUNK_POSTS):
            stop = min(start + CHUNK_POSTS, len(texts))

            def report(done: int, before: int = start) -> None:
                if on_progress is not None:
                    on_progress(before + done)

            frames.append(self._predict_chunk(texts[start:stop], contexts[start:stop], report))
        return pl.concat(frames)

    def _predict_chunk(
        self, texts: Sequence[str], contexts: Sequence[Context], report: Callable[[int], None]
    ) -> pl.DataFrame:
        windows, owners = self._windows(texts, contexts)
        logits = np.zeros((len(windows), CLASSES), np.float32)
        left = np.bincount(owners, minlength=len(texts))  # windows of each post still to come
        done = 0
        for batch in batches_by_length(windows, self._batch_tokens):
            logits[batch] = self._logits([windows[i] for i in batch])
            for i in batch:
                left[owners[i]] -= 1
                done += int(left[owners[i]] == 0)
            report(done)
        return to_frame(combine_windows(logits, owners, [window.weight for window in windows], len(texts)))

    def _logits(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        input_ids, lengths, text_mask = pad(windows)
        try:
            return self._forward(input_ids, lengths, text_mask)
        except MemoryError:
            raise
        except Exception as error:  # the runtimes' exceptions share no useful base class
            rows, tokens = input_ids.shape
            raise ModelError(
                f"The model {self.revision} failed on a batch of {rows:,} × {tokens:,} tokens: {error}. "
                f"If memory ran out, lower model.batch_tokens (it is {self._batch_tokens:,}); else the model is damaged or "
                "made for shorter texts: install or make it anew."
            ) from error

    def _windows(self, texts: Sequence[str], contexts: Sequence[Context]) -> tuple[list[Window], list[int]]:
        text_ids = self._tokenize([clean_text(text) for text in texts])
        segments = [context_segment(context) for context in contexts]
        distinct = list(dict.fromkeys(segments))  # posts of a thread share theirs
        segment_ids = dict(zip(distinct, self._tokenize(distinct), strict=True))
        windows: list[Window] = []
        owners: list[int] = []
        for post, (ids, segment) in enumerate(zip(text_ids, segments, strict=True)):
            for window in split_windows(ids, segment_ids[segment]):
                windows.append(window)
                owners.append(post)
        return windows, owners

    def _tokenize(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self._tokenizer(texts, add_special_tokens=False, return_attention_mask=False)[
            "input_ids"
        ]
        return ids


def batches_by_length(windows: Sequence[Window], batch_tokens: int) -> Iterator[list[int]]:
    """Indices of windows in batches of similar length, each at most `batch_tokens` with its padding (or one window)."""
    batch: list[int] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i].ids)):
        if batch and len(windows[i].ids) * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def pad(windows: Sequence[Window]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Windows → ids, lengths and text mask as `Forward` takes them."""
    width = max(len(window.ids) for window in windows)
    input_ids = np.full((len(windows), width), PAD_ID, np.int64)
    text_mask = np.zeros((len(windows), width, 1), np.float32)
    for row, window in enumerate(windows):
        input_ids[row, : len(window.ids)] = window.ids
        text_mask[row, : window.text_length] = 1
    return input_ids, np.array([len(window.ids) for window in windows], np.int32), text_mask
