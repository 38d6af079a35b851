"""Use cases: what the program does for its user, without Qt and without a broker's name."""
