"""The local database: SQLAlchemy lives here and nowhere else."""
