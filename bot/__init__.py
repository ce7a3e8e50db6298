"""The bot: who it talks to, what it remembers, how it speaks."""
