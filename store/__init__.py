"""The tables and what everything above them shares: schemas, weeks, errors, privacy."""
