"""Every chart of the report, one module each; they share `base.Chart` and draw on a `Canvas`."""
