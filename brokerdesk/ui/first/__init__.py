"""The first picture: drawn before the window's parts are imported and built."""
