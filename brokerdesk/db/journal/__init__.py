"""journal.db: what was to be sent, what became of it, and the audit log.

A file of its own, because it must survive whatever happens to the cache: every commit is on the
disk before anything goes on (synchronous=FULL), rows are only ever added, and no program rebuilds,
prunes or repairs it.
"""
