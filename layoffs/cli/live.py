"""Commands around live sources: collect, recheck, status, doctor."""
