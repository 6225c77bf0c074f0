"""Run by test_label.py as a process of its own: label what the store holds, say when it starts."""

import datetime as dt
import sys

from analysis import LabelSettings, ModelSettings, label_posts, load_classifier
from store import Store

if __name__ == "__main__":
    folder, settings = sys.argv[1:]
    classifier = load_classifier(ModelSettings(threads=1))
    sys.stdout.write("labelling\n")
    sys.stdout.flush()
    label_posts(
        Store.open(folder),
        classifier,
        LabelSettings.model_validate_json(settings),
        now=dt.datetime(2025, 11, 2, tzinfo=dt.UTC),
        batch=4,
    )
