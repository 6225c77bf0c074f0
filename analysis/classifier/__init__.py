"""The reaction model: kind, voice, sentiment and emotion of a post in one forward pass."""

from analysis.classifier.artefact import bundled_revision
from analysis.classifier.backends import BACKENDS, load_classifier
from analysis.classifier.contract import PREDICTION_SCHEMA, Classifier
from analysis.classifier.evaluate import evaluate_files
from analysis.classifier.labels import EMOTIONS, HEADS, KINDS, SENTIMENTS, VOICES
from analysis.classifier.quality import FalseReactions, Quality, quality
from analysis.classifier.settings import ModelSettings
from analysis.classifier.text import Context, whole_text

__all__ = [
    "BACKENDS",
    "EMOTIONS",
    "HEADS",
    "KINDS",
    "PREDICTION_SCHEMA",
    "SENTIMENTS",
    "VOICES",
    "Classifier",
    "Context",
    "FalseReactions",
    "ModelSettings",
    "Quality",
    "bundled_revision",
    "evaluate_files",
    "load_classifier",
    "quality",
    "whole_text",
]
