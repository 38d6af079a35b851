"""Backing a profile up and restoring one."""
