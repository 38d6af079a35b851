"""The connect wizard: shows any step of any sign-in flow."""
