"""Twins in memory of the ports, and builders of what goes through them."""
