"""What clients may send, one model a request: strict, and nothing that is not named here."""
