"""Tools to start from: `spool tools add NAME` copies one into the operator's folder."""
