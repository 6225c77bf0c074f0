"""From posts to companies, language, kind, sentiment and weekly figures."""

from analysis.announcements import known_events
from analysis.classifier import (
    BACKENDS,
    EMOTIONS,
    HEADS,
    KINDS,
    PREDICTION_SCHEMA,
    SENTIMENTS,
    VOICES,
    Classifier,
    Context,
    FalseReactions,
    ModelSettings,
    Quality,
    bundled_revision,
    evaluate_files,
    load_classifier,
    quality,
    whole_text,
)
from analysis.companies import CompanyRules, compile_companies, find_companies
from analysis.compare import CHANGES, clearly_more, compare_weeks, holm
from analysis.coverage import coverage
from analysis.duplicates import find_duplicates
from analysis.event_study import BASELINE_DAYS, REACH_DAYS, event_study
from analysis.figures import GROUPINGS, weekly_figures
from analysis.intervals import Estimate, error_model, net_sentiment_interval
from analysis.label import LabelSummary, label_posts
from analysis.language import detect_languages
from analysis.mentions import mentions, reactions_once, with_labels
from analysis.pending import outdated
from analysis.schemas import COVERAGE, EVENT_STUDY, FIGURES, KNOWN_EVENTS, MENTIONS
from analysis.settings import Company, Event, LabelSettings, Theme, check_companies, check_themes
from analysis.themes import find_themes

__all__ = [
    "BACKENDS",
    "BASELINE_DAYS",
    "CHANGES",
    "COVERAGE",
    "EMOTIONS",
    "EVENT_STUDY",
    "FIGURES",
    "GROUPINGS",
    "HEADS",
    "KINDS",
    "KNOWN_EVENTS",
    "MENTIONS",
    "PREDICTION_SCHEMA",
    "REACH_DAYS",
    "SENTIMENTS",
    "VOICES",
    "Classifier",
    "Company",
    "CompanyRules",
    "Context",
    "Estimate",
    "Event",
    "FalseReactions",
    "LabelSettings",
    "LabelSummary",
    "ModelSettings",
    "Quality",
    "Theme",
    "bundled_revision",
    "check_companies",
    "check_themes",
    "clearly_more",
    "compare_weeks",
    "compile_companies",
    "coverage",
    "detect_languages",
    "error_model",
    "evaluate_files",
    "event_study",
    "find_companies",
    "find_duplicates",
    "find_themes",
    "holm",
    "known_events",
    "label_posts",
    "load_classifier",
    "mentions",
    "net_sentiment_interval",
    "outdated",
    "quality",
    "reactions_once",
    "weekly_figures",
    "whole_text",
    "with_labels",
]
