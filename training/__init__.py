"""How the bundled model is made and measured: a development tool, not installed."""
