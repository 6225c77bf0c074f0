"""Nodes of the shipped ONNX graph, and linear layers as int8: weights per output channel, activations with one scale per token.

The scales of activations are computed on the fly. A scale per token instead of per tensor is what makes the result independent of
batch mates and padding, and it contains the encoder's activation outliers to the few tokens that carry them (a scale for the whole
tensor kept the same label on 91 % of posts only).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Floats = NDArray[np.float32]
MICROSOFT = "com.microsoft"
WEIGHT_MAX = 127
# GELU never falls below this: rows after it are quantised from here up, which doubles their resolution.
GELU_FLOOR = 0.17


@dataclass(frozen=True)
class Rows:
    """Names of a quantised activation: its uint8 values, its float scale per row, its zero point."""

    values: str
    scale: str
    zero_point: str


@dataclass
class Graph:
    """Nodes and initialisers under construction; every method adds nodes and returns the output's name."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initialisers: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Add an initialiser."""
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], output: str, *, domain: str = "", **attributes: object) -> str:
        """Add one node with one output."""
        self.nodes.append(helper.make_node(op, inputs, [output], domain=domain, **attributes))
        return output

    def quantise_rows(self, x: str, name: str, smooth: Floats) -> Rows:
        """Rows [n, k], each channel divided by `smooth`, → uint8 around a zero point of 128, with one scale per row."""
        x = self.node("Mul", [x, self.constant(f"{name}.smooth", 1 / smooth)], f"{name}.smoothed")
        top = self.node("ReduceMax", [self.node("Abs", [x], f"{name}.abs"), "last_axis"], f"{name}.max", keepdims=0)
        scale = self.node("Mul", [self.node("Max", [top, "tiny"], f"{name}.top"), "1/127"], f"{name}.scale")
        return self._quantise(x, scale, "128", name)

    def quantise_gelu_rows(self, x: str, name: str) -> Rows:
        """The same for rows that are nowhere below -GELU_FLOOR, not smoothed: uint8 from there up, zero point 0."""
        lifted = self.node("Add", [x, "floor"], f"{name}.lifted")
        top = self.node("ReduceMax", [lifted, "last_axis"], f"{name}.max", keepdims=0)
        return self._quantise(lifted, self.node("Mul", [top, "1/255"], f"{name}.scale"), "0", name)

    def _quantise(self, x: str, scale: str, zero_point: str, name: str) -> Rows:
        values = self.node("QuantizeLinear", [x, scale, f"{zero_point} per row"], f"{name}.q", axis=0)
        column = self.node("Unsqueeze", [scale, "last_axis"], f"{name}.column")
        return Rows(values, column, zero_point)

    def linear_int8(self, rows: Rows, weight: Floats, bias: Floats, name: str) -> tuple[str, str]:
        """Quantised rows × weight [out, in], accumulated exactly in int32; returns product and bias."""
        scales = np.maximum(np.abs(weight).max(axis=1), 1e-9) / WEIGHT_MAX
        integers = np.clip(np.round(weight / scales[:, None]), -WEIGHT_MAX, WEIGHT_MAX).astype(np.int8)
        if rows.zero_point == "0":
            bias = bias - GELU_FLOOR * (integers.sum(axis=1) * scales)
        self.constant(f"{name}.w", integers.T)
        self.constant(f"{name}.ws", scales.astype(np.float32))
        product = self.node(
            "MatMulIntegerToFloat",
            [rows.values, f"{name}.w", "one", f"{name}.ws", rows.zero_point],
            f"{name}.by_column",
            domain=MICROSOFT,
        )
        product = self.node("Mul", [product, rows.scale], f"{name}.y")
        return product, self.constant(f"{name}.b", bias.astype(np.float32))

    def linear_float(self, x: str, weight: Floats, bias: Floats, name: str) -> tuple[str, str]:
        """The same in float32."""
        product = self.node("MatMul", [x, self.constant(f"{name}.w", weight.T)], f"{name}.y")
        return product, self.constant(f"{name}.b", bias)
