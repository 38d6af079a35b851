"""The window around the pages: menus, rail, top bar, banner, page stack, status bar, palette."""
