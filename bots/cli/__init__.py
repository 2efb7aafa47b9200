"""The commands of `python -m bots` besides `run` and `demo`, each imported only when it is called."""
