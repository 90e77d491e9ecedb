"""Ratios, each against something run beside it on the same data."""
