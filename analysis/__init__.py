"""From posts to companies, language, kind, sentiment and weekly figures."""
