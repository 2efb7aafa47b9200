"""What the web page shows and does beyond the API: sessions, lists, how a run went, versions, questions."""
