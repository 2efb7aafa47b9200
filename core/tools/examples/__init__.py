"""Tools to start from: `python -m bots tools add NAME` copies one into the operator's folder."""
