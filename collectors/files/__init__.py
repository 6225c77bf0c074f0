"""Posts from files: what people exported, downloaded or were handed."""

from collectors.files.importing import FILE_SOURCE, FileSummary, import_files

__all__ = ["FILE_SOURCE", "FileSummary", "import_files"]
