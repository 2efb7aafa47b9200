"""The web page: who may come in, its files, and what it shows beyond the API."""
