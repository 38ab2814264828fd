"""The objects that `write_every_kind.py` applies, by topic."""
