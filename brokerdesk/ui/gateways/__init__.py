"""What each page asks of the services, one module a page; answers come back on the GUI thread."""
