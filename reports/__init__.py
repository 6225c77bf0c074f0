"""Layoff Pulse."""
