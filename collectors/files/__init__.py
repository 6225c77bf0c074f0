"""Posts from files: what people exported, downloaded or were handed."""

from collectors.files.again import FILE_SOURCE
from collectors.files.importing import import_files
from collectors.files.printable import printable
from collectors.files.shapes import source_name
from collectors.files.summaries import FileSummary
from collectors.files.units import files_to_read

__all__ = ["FILE_SOURCE", "FileSummary", "files_to_read", "import_files", "printable", "source_name"]
