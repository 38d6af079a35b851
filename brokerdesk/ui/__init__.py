"""What the user sees and touches: the only room, with the start of the program, that knows Qt."""
