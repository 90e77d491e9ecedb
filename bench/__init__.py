"""Ratios, each against something run beside it on the same data."""


def say(doing: str) -> None:
    """Tells whoever waits what is being done."""
    print(f"  {doing} ...", flush=True)
