"""What shows a state and collects intent. No arithmetic on money, no broker names, no services."""
