"""Posts from files: what people exported, downloaded or were handed."""

from collectors.files.importing import import_files
from collectors.files.summaries import FILE_SOURCE, FileSummary

__all__ = ["FILE_SOURCE", "FileSummary", "import_files"]
