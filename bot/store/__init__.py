"""What the bot remembers: SQLAlchemy Core, synchronous."""
