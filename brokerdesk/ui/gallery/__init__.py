"""Every component in every state, in one window, for whoever builds or checks the look."""
