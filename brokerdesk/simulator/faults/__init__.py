"""Everything that can go wrong between a client and a broker, on demand."""
