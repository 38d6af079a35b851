"""Everything that speaks to a broker. One broker is one package here and one registry line."""
