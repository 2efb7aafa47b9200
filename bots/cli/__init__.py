"""The commands of `spool` besides `run` and `demo`, each imported only when it is called."""
