"""Posts per second of the bundled model, and how near that is to what its int8 matrix products alone would allow.

    python -m benchmarks.classifier [--posts 2000] [--threads 2]

The limit is measured right here, with ONNX Runtime's own `MatMulInteger` in the model's shapes; everything else (tokenizer,
quantising activations, attention, norms, GELU) is what keeps us from it.
"""

from __future__ import annotations

import argparse
import random
import time

import numpy as np
import onnxruntime as ort

from analysis import Context, ModelSettings, load_classifier
from analysis.classifier.bundled import usable_processors
from analysis.classifier.labels import KINDS

HIDDEN, WIDE, LAYERS = 384, 1536, 12
WORDS = [
    "layoffs",
    "today",
    "manager",
    "severance",
    "team",
    "company",
    "years",
    "finally",
    "email",
    "why",
    "profit",
    "record",
    "CEO",
    "job",
    "market",
    "hiring",
    "remote",
    "Kündigung",
    "Abfindung",
    "sa",
    "thải",
    "đồng",
    "nghiệp",
    "licenciement",
    "despido",
    "lavoro",
    "मुझे",
    "解雇",
    "🤬",
    "😢",
    "#layoffs",
    "#OpenToWork",
]


def sample(posts: int) -> list[str]:
    """Texts of 5 to 60 words, as tweets and comments are."""
    rng = random.Random(1)
    return [" ".join(rng.choices(WORDS, k=rng.randint(5, 60))) for _ in range(posts)]


def products_per_second(threads: int) -> float:
    """Multiply-adds per second of uint8 × int8 products as one layer needs them, for 4,096 tokens."""
    # Only here: building a graph needs the `onnx` package, which the product itself does not.
    from onnx import TensorProto, helper  # noqa: PLC0415

    shapes = [(HIDDEN, 3 * HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, WIDE), (WIDE, HIDDEN)]
    best = 0.0
    seconds = 0.0
    for inner, outer in shapes:
        weight = helper.make_tensor("w", TensorProto.INT8, [inner, outer], np.ones(inner * outer, np.int8))
        graph = helper.make_graph(
            [helper.make_node("MatMulInteger", ["x", "w"], ["y"])],
            "product",
            [helper.make_tensor_value_info("x", TensorProto.UINT8, ["tokens", inner])],
            [helper.make_tensor_value_info("y", TensorProto.INT32, ["tokens", outer])],
            [weight],
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        x = np.ones((4096, inner), np.uint8)
        times = []
        for _ in range(8):
            started = time.perf_counter()
            session.run(None, {"x": x})
            times.append(time.perf_counter() - started)
        seconds += min(times)
        best += 4096 * inner * outer
    return best / seconds


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    threads = arguments.threads or usable_processors()
    classifier = load_classifier(ModelSettings(threads=threads))
    texts = sample(arguments.posts)
    contexts = [Context("x")] * len(texts)
    classifier.predict(texts[:200], contexts[:200])  # warm
    started, cpu_started = time.perf_counter(), time.process_time()
    kinds = classifier.predict(texts, contexts)["kind"]
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    tokens = sum(len(ids) for ids in classifier._tokenize(texts))  # type: ignore[attr-defined]  # noqa: SLF001  # counts only
    needed = tokens * LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * WIDE)
    limit = products_per_second(threads)
    print(
        f"{classifier.revision}: {len(texts) / seconds:,.0f} posts/s ({len(texts) / cpu_seconds:,.0f} per processor second, "
        f"which a busy machine doesn't change), {tokens / seconds:,.0f} tokens/s "
        f"({tokens / len(texts):.0f} tokens a post) on {threads} threads; int8 products alone allow "
        f"{limit / needed * len(texts):,.0f} posts/s, so {100 * needed / limit / seconds:.0f} % of the time is theirs. "
        f"Kinds found: {', '.join(kind for kind in KINDS if kind in set(kinds))}."
    )


if __name__ == "__main__":
    main()
