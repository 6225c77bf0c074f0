"""Build the shipped ONNX graph from a trained checkpoint, node by node.

Linear layers run as int8 (see `nodes.py`). The word embeddings stay on the base's 4-bit grid.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper

from training.nodes import GELU_FLOOR, MICROSOFT, Floats, Graph
from training.smooth import smoothing

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET, CONTRIB_OPSET = 21, 1
EMBEDDING_BLOCK = 32
ON_THE_GRID = 1e-3


def pack_embeddings(table: Floats) -> tuple[NDArray[np.uint8], NDArray[np.float16], float]:
    """A table [rows, width] → (packed 4-bit values, float16 scales per block of 32, largest error).

    A block is `(0…15 − 8) × scale` with the scale set by its largest entry, as in the base's own 4-bit form: a table
    that came from that form is recovered exactly.
    """
    rows, width = table.shape
    blocks = table.reshape(rows, width // EMBEDDING_BLOCK, EMBEDDING_BLOCK)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)
    scales = (extreme / -8).astype(np.float16)
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)
    values = np.clip(np.round(blocks / divisor), -8, 7).astype(np.int8)
    restored = (values * scales.astype(np.float32)).astype(np.float16).astype(np.float32)
    error = float(np.abs(restored - blocks).max())
    nibbles = (values.reshape(-1) & 0xF).astype(np.uint8)
    return nibbles[0::2] | (nibbles[1::2] << 4), scales[..., 0], error


def _embedding_nodes(graph: Graph, weights: dict[str, Floats], *, int8: bool, positions: int) -> str:
    words = weights["embeddings.word_embeddings.weight"]
    if int8:
        packed, scales, error = pack_embeddings(words)
        if error > ON_THE_GRID:
            warnings.warn(
                f"The word embeddings are rounded to 4 bits, off by up to {error:.3f}: this base does not lie on that grid. "
                "Compare int8 with float32 before the result is used.",
                stacklevel=2,
            )
        graph.initialisers.append(
            helper.make_tensor("words", TensorProto.INT4, list(words.shape), packed.tobytes(), raw=True)
        )
        half = graph.node(
            "GatherBlockQuantized",
            ["words", "input_ids", graph.constant("words.scales", scales)],
            "words.half",
            domain=MICROSOFT,
            block_size=EMBEDDING_BLOCK,
            quantize_axis=1,
            gather_axis=0,
        )
        word = graph.node("Cast", [half], "words.float", to=TensorProto.FLOAT)
    else:
        word = graph.node("Gather", [graph.constant("words", words), "input_ids"], "words.float")
    place = weights["embeddings.position_embeddings.weight"][:positions]
    place = place + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.node("Slice", ["posts tokens", "i1", "i2"], "length")
    here = graph.node("Slice", [graph.constant("positions", place), "i0", length], "positions.used")
    summed = graph.node("Add", [word, here], "embedded")
    gain, shift = _norm_constants(graph, weights, "embeddings.LayerNorm")
    normed = graph.node("LayerNormalization", [summed, gain, shift], "normed", axis=-1, epsilon=1e-12)
    return graph.node("Reshape", [normed, graph.constant("flat", np.array([-1, words.shape[1]]))], "rows")


def _norm_constants(graph: Graph, weights: dict[str, Floats], name: str) -> list[str]:
    return [graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]


def _layer_nodes(
    graph: Graph, weights: dict[str, Floats], x: str, n: int, *, peaks: dict[str, Floats] | None, heads: int
) -> str:
    """One encoder layer on rows [posts × tokens, hidden]; only attention sees posts."""
    p = f"encoder.layer.{n}."

    def linear(source: str, names: list[str], out: str) -> tuple[str, str]:
        weight = np.concatenate([weights[f"{p}{name}.weight"] for name in names])
        bias = np.concatenate([weights[f"{p}{name}.bias"] for name in names])
        if peaks is None:
            return graph.linear_float(source, weight, bias, p + out)
        if out == "narrow":
            return graph.linear_int8(graph.quantise_gelu_rows(source, f"{p}{out}.in"), weight, bias, p + out)
        smooth = smoothing(peaks[p + names[0]], weight)
        return graph.linear_int8(graph.quantise_rows(source, f"{p}{out}.in", smooth), weight * smooth, bias, p + out)

    def add_and_norm(old: str, new: tuple[str, str], norm: str) -> str:
        # As three nodes: the fused SkipLayerNormalization takes a multiple of their time on processors.
        summed = graph.node("Add", [graph.node("Add", list(new), f"{p}{norm}.biased"), old], f"{p}{norm}.summed")
        inputs = [summed, *_norm_constants(graph, weights, p + norm)]
        return graph.node("LayerNormalization", inputs, f"{p}{norm}.y", axis=-1, epsilon=1e-12)

    qkv, qkv_bias = linear(x, [f"attention.self.{part}" for part in ("query", "key", "value")], "qkv")
    qkv = graph.node("Reshape", [qkv, "posts tokens 3"], f"{p}qkv.by_post")
    parts = [f"{p}q", f"{p}k", f"{p}v"]
    graph.nodes.append(helper.make_node("Split", [qkv], parts, axis=-1, num_outputs=3))
    attended = graph.node(
        "MultiHeadAttention", [*parts, qkv_bias, "lengths"], f"{p}attended", domain=MICROSOFT, num_heads=heads
    )
    attended = graph.node("Reshape", [attended, "flat"], f"{p}attended.rows")
    x = add_and_norm(x, linear(attended, ["attention.output.dense"], "attention"), "attention.output.LayerNorm")
    wide = graph.node("BiasGelu", list(linear(x, ["intermediate.dense"], "wide")), f"{p}gelu", domain=MICROSOFT)
    return add_and_norm(x, linear(wide, ["output.dense"], "narrow"), "output.LayerNorm")


def build(
    encoder: dict[str, Floats],
    queries: Floats,
    outputs: Floats,
    bias: Floats,
    owner: NDArray[np.int64],
    *,
    layers: int,
    heads: int,
    positions: int,
    peaks: dict[str, Floats] | None,
) -> onnx.ModelProto:
    """The whole forward pass.

    Inputs: `input_ids` int64 [posts, tokens]; `lengths` int32 [posts], the tokens that are not padding; `text_mask`
    float [posts, tokens, 1], 1 where pooled. Output: `logits` [posts, classes], all heads side by side. `queries`
    [heads, hidden]; `outputs` [classes, hidden], `bias` [classes]; `owner` [classes] names the head of each class.
    `peaks` (see `smooth.channel_peaks`) makes it int8; without it everything is float32.
    """
    graph, int8 = Graph(), peaks is not None
    graph.constant("last_axis", np.array([-1]))
    graph.constant("tiny", np.float32(1e-9)[()])
    graph.constant("1/127", np.float32(1 / 127)[()])
    graph.constant("1/255", np.float32(1 / 255)[()])
    graph.constant("floor", np.float32(GELU_FLOOR)[()])
    graph.constant("0", np.uint8(0)[()])
    graph.constant("one", np.float32(1)[()])
    graph.constant("128", np.uint8(128)[()])
    for i in range(3):
        graph.constant(f"i{i}", np.array([i]))
    posts_tokens = graph.node("Shape", ["input_ids"], "posts tokens")
    widths = [graph.constant(f"width {i}", np.array([i * queries.shape[1]])) for i in (1, 3)]
    by_post = [
        graph.node("Concat", [posts_tokens, width], f"posts tokens {i}", axis=0)
        for i, width in zip((1, 3), widths, strict=True)
    ]
    if int8:
        rows = graph.node("ReduceProd", [posts_tokens, "i0"], "row count", keepdims=1)
        for zero_point in ("0", "128"):
            graph.node("Expand", [zero_point, rows], f"{zero_point} per row")
    x = _embedding_nodes(graph, encoder, int8=int8, positions=positions)
    for n in range(layers):
        x = _layer_nodes(graph, encoder, x, n, peaks=peaks, heads=heads)
    x = graph.node("Reshape", [x, by_post[0]], "states")
    # Pooling and heads are a thousandth of the work: float32.
    scaled = queries.T / np.sqrt(queries.shape[1])
    scores = graph.node("MatMul", [x, graph.constant("queries", scaled.astype(np.float32))], "scores")
    hidden = graph.node(
        "Mul", [graph.node("Sub", ["text_mask", "one"], "hide"), graph.constant("1e4", np.float32(1e4)[()])], "hidden"
    )
    weights = graph.node("Softmax", [graph.node("Add", [scores, hidden], "masked")], "weights", axis=1)
    turned = graph.node("Transpose", [weights], "turned", perm=[0, 2, 1])
    pooled = graph.node("MatMul", [turned, x], "pooled")  # [posts, heads, hidden]
    per_class = graph.node("Gather", [pooled, graph.constant("owner", owner)], "per_class", axis=1)
    products = graph.node("Mul", [per_class, graph.constant("outputs", outputs)], "products")
    summed = graph.node("ReduceSum", [products, "last_axis"], "summed", keepdims=0)
    graph.node("Add", [summed, graph.constant("outputs.bias", bias)], "logits")
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["posts", "tokens"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["posts"]),
        helper.make_tensor_value_info("text_mask", TensorProto.FLOAT, ["posts", "tokens", 1]),
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["posts", len(bias)])
    body = helper.make_graph(graph.nodes, "layoff_pulse", inputs, [output], graph.initialisers)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, CONTRIB_OPSET)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10, producer_name="layoff-pulse")
