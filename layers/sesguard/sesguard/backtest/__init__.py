"""Replay recorded mail through the guard's own counting, weighing and deciding, and say what it would have done."""
